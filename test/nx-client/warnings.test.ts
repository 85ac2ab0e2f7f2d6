import { EventEmitter } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createWarnings, type Warnings } from '../../src/nx-client/warnings.js';
import { tempDir } from '../support/temp-dir.js';

let folder: string;
let living: Set<number>;
beforeEach(() => {
  folder = tempDir();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  living = new Set();
});

interface Run {
  warnings: Warnings;
  /** Ends it, and answers with what it has printed. */
  end: () => string;
}

/** A run of Nx in the workspace `/shop`; `task` has started it. */
function startRun(pid: number, task?: Record<string, string>): Run {
  living.add(pid);
  const output = join(tempDir(), 'stderr');
  const fd = openSync(output, 'a');
  onTestFinished(() => {
    closeSync(fd);
  });
  const events = new EventEmitter();
  const env: Record<string, string> = { NX_WORKSPACE_ROOT_PATH: '/shop' };
  if (task !== undefined) env['NX_WORKSPACE_ROOT'] = '/shop';
  for (const [name, value] of Object.entries(task ?? {})) env[`NX_TASK_TARGET_${name}`] = value;
  const warnings = createWarnings({
    env,
    pid,
    cwd: () => '/shop',
    getuid: process.getuid,
    kill: (other) => {
      if (!living.has(other)) throw Object.assign(new Error('no such process'), { code: 'ESRCH' });
    },
    stderr: { fd },
    prependListener: (event, listener) => events.prependListener(event, listener),
  });
  return {
    warnings,
    end: () => {
      events.emit('exit');
      living.delete(pid);
      return readFileSync(output, 'utf8');
    },
  };
}

const tasks = [{ id: 'lib:build' }, { id: 'app:e2e' }, { id: 'app:serve:ci' }];
const e2e = { PROJECT: 'app', TARGET: 'e2e' };
const saidByE2e = 'A run of Nx within app:e2e says so.\n';
const warn =
  (text: string, rank = 0) =>
  () => ({ rank, text: `${text}\n` });
const filesLeft = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /^nxkey-runs-.*\//.test(name));

it('prints the warning of a run at its end, and leaves nothing behind', () => {
  const run = startRun(1);
  run.warnings.takeThoseOf(tasks);
  run.warnings.add(() => undefined);
  run.warnings.add(warn('No server.'));
  expect(run.end()).toBe('No server.\n');
  expect(filesLeft()).toEqual([]);
});

it('prints the warning of a run that a task has started in the run around it, which met no problem itself', () => {
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  const inner = startRun(2, e2e);
  inner.warnings.add(warn('No server.'));
  expect(inner.end()).toBe('');
  expect(outer.end()).toBe(`No server.\n${saidByE2e}`);
});

it('prints one warning where the run around has one as well: the more important, or else its own', () => {
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  const first = startRun(2, e2e);
  first.warnings.add(warn('You may only read.', 9));
  const second = startRun(3, { PROJECT: 'app', TARGET: 'serve' });
  second.warnings.add(warn('The disk is full.', 3));
  outer.warnings.add(warn('You may only read it.', 9));
  expect([first, second].map(({ end }) => end())).toEqual(['', '']);
  expect(outer.end()).toBe('The disk is full.\nA run of Nx within app:serve says so.\n');

  const equal = startRun(1);
  equal.warnings.takeThoseOf(tasks);
  equal.warnings.add(warn('You may only read it.', 9));
  const inner = startRun(4, e2e);
  inner.warnings.add(warn('You may only read.', 9));
  inner.end();
  expect(equal.end()).toBe('You may only read it.\n');
});

it('goes by the project where Nx tells no more (Nx 13)', () => {
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  const inner = startRun(2, { PROJECT: 'app' });
  inner.warnings.add(warn('No server.'));
  expect(inner.end()).toBe('');
  expect(outer.end()).toBe('No server.\nA run of Nx within app says so.\n');
});

it('hands on what a run within a run within a run has to say', () => {
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  const middle = startRun(2, e2e);
  middle.warnings.takeThoseOf([{ id: 'shop:build' }]);
  const inner = startRun(3, { PROJECT: 'shop', TARGET: 'build' });
  inner.warnings.add(warn('No server.'));
  expect([inner, middle].map(({ end }) => end())).toEqual(['', '']);
  expect(outer.end()).toMatch(
    /^No server\.\nA run of Nx within shop:build says so\.\nA run of Nx within app:e2e says so\.\n$/,
  );
});

it('lets a run speak for itself where the run around it does not listen, or has ended', () => {
  const alone = startRun(2, e2e);
  alone.warnings.add(warn('No server.'));
  expect(alone.end()).toBe('No server.\n');

  const withOtherTasks = startRun(3);
  withOtherTasks.warnings.takeThoseOf([{ id: 'app:e2e-ci' }, { id: 17 }, null]);
  const elsewhere = startRun(4, e2e);
  elsewhere.warnings.add(warn('No server.'));
  expect(elsewhere.end()).toBe('No server.\n');
  expect(withOtherTasks.end()).toBe('');

  const killed = startRun(5);
  killed.warnings.takeThoseOf(tasks);
  living.delete(5);
  const orphan = startRun(6, e2e);
  orphan.warnings.add(warn('No server.'));
  expect(orphan.end()).toBe('No server.\n');
  // What a killed run has left is removed by the next one.
  startRun(7).warnings.takeThoseOf(tasks);
  expect(filesLeft()).toEqual([expect.stringMatching(/-7$/)]);
});

it('hands nothing over by a folder that others can write to, or by a link', () => {
  const name = `nxkey-runs-${process.getuid?.() ?? 'here'}`;
  const planted = join(folder, name);
  mkdirSync(planted);
  chmodSync(planted, 0o777);
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  expect(filesLeft()).toEqual([]);
  const inner = startRun(2, e2e);
  inner.warnings.add(warn('No server.'));
  expect(inner.end()).toBe('No server.\n');

  folder = tempDir();
  vi.stubEnv('TMPDIR', folder);
  symlinkSync(tempDir(), join(folder, name));
  startRun(3).warnings.takeThoseOf(tasks);
  expect(filesLeft()).toEqual([]);
});

it('takes nothing but warnings', () => {
  const outer = startRun(1);
  outer.warnings.takeThoseOf(tasks);
  const [file = ''] = filesLeft();
  writeFileSync(join(folder, file), '\n{"rank":"0","text":"a"}\nnull\n{\n{"rank":0}\n', { flag: 'a' });
  expect(outer.end()).toBe('');
});
