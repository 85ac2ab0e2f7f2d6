import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CiAdvice, CiContext } from '../../src/ci-configuration/ci-file.js';
import { ciSystems } from '../../src/ci-configuration/systems/index.js';
import { recordOutput } from '../support/ledger.js';

export function fixture(path: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', path), 'utf8');
}

/** What the files of `fixtures/` have around them. */
const aroundFixtures: CiContext = {
  scripts: { build: 'nx run-many -t build', lint: 'eslint .' },
  files: new Map([
    ['.github/actions/e2e/action.yml', 'runs:\n  using: composite\n  steps:\n    - run: npx nx e2e web-e2e\n'],
    ['.github/workflows/release.yml', 'on: workflow_call\njobs:\n  a:\n    steps:\n      - run: npx nx release\n'],
    ['.gitlab-ci.yml', fixture('gitlab/gitlab-ci.yml')],
    ['ci/nx.yml', fixture('gitlab/nx.yml')],
  ]),
  defaultBranch: 'main',
};

/** The advice for a text that stands at a path; everything of it that people may see is recorded. */
export function advise(text: string, path: string, context: Partial<CiContext> = {}): CiAdvice {
  // What GitLab includes may have any name.
  const system =
    ciSystems.find((candidate) => candidate.matches(path)) ?? ciSystems.find(({ name }) => /GitLab/.test(name));
  expect(system).toBeDefined();
  if (system === undefined) throw new Error('unreachable');
  const files = context.files ?? new Map([...aroundFixtures.files, [path, text]]);
  const advice = system.advise(text, path, { ...aroundFixtures, ...context, files });
  // The new text is written into the file, never shown.
  recordOutput(`advice for ${path}`, JSON.stringify({ ...advice, patched: undefined }));
  return advice;
}

/** `name: state` of each job. */
export function statesOf({ jobs }: CiAdvice): string[] {
  return jobs.map(({ name, state, untouched }) => `${name}: ${state}${untouched === undefined ? '' : ', untouched'}`);
}
