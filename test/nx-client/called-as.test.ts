import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { calledAs } from '../../src/nx-client/called-as.js';
import { tempDir } from '../support/temp-dir.js';

it.each([
  ['13.10.6', 'nx-cloud'],
  ['16.10.0', 'nx-cloud'],
  ['17.0.0', 'nxkey'],
  ['18.3.5', 'nxkey'],
  ['19.5.7', 'nxkey'],
  ['19.6.0', 'nx-cloud'],
  ['20.0.0-beta.1', 'nx-cloud'],
  ['24.0.6', 'nx-cloud'],
])('with Nx %s our commands are reached by %s', (version, name) => {
  const root = tempDir();
  mkdirSync(join(root, 'node_modules/nx'), { recursive: true });
  mkdirSync(join(root, 'packages/app'), { recursive: true });
  writeFileSync(join(root, 'node_modules/nx/package.json'), JSON.stringify({ version }));
  expect(calledAs(root)).toBe(name);
  expect(calledAs(join(root, 'packages/app'))).toBe(name);
});

it('names nx-cloud where no Nx is found, or nothing that looks like one', () => {
  const root = tempDir();
  expect(calledAs(root)).toBe('nx-cloud');
  mkdirSync(join(root, 'node_modules/nx'), { recursive: true });
  writeFileSync(join(root, 'node_modules/nx/package.json'), '[]');
  expect(calledAs(root)).toBe('nx-cloud');
});
