import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../files/file-errors.js';
import { workspaceRoot } from './tasks-runner.js';

/**
 * A run of Nx that a task has started hands its warning over to the run around it: on its own it would be kept as the
 * task's output and shown again by every hit, and both of them would say the same.
 *
 * The two find each other by a file, which the outer run keeps as long as it lives, in a folder of the person's own. Its
 * name is made of the workspace's root, which Nx tells its tasks, and the process id. In it is a line of JSON with the ids
 * of the tasks, and then a line for each warning that was handed over. (A variable that the outer run sets would be
 * simpler, but Nx 22 and 23 settle the environment of tasks before they load this program.)
 */
export interface Warning {
  /** Of several the lowest is told. */
  rank: number;
  /** Whole lines. */
  text: string;
}

/** What is used of the process. */
export interface FamilyProcess {
  env: Readonly<Record<string, string | undefined>>;
  pid: number;
  cwd: () => string;
  /** Not on Windows, where everybody has a temporary folder of their own. */
  getuid?: (() => number) | undefined;
  kill: (pid: number, signal: 0) => unknown;
}

/** @returns ends it, and answers with what was handed over */
export function takeWarningsOfTasks(process: FamilyProcess, tasks: unknown): () => Warning[] {
  let path: string | undefined;
  try {
    const folder = privateFolder(process);
    if (folder === undefined) return () => [];
    removeThoseOfTheDead(folder, process);
    path = join(folder, nameFor(workspaceRoot(process.env, process.cwd()), process.pid));
    writeFileSync(path, `${JSON.stringify(idsOf(tasks))}\n`, { mode: 0o600 });
  } catch {
    // No place for it: the runs within this one speak for themselves.
    return () => [];
  }
  const file = path;
  return () => {
    try {
      const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
      unlinkSync(file);
      return lines.map(parsed).filter(isWarning);
    } catch {
      return [];
    }
  };
}

/** Whether there is a run around this one, which has taken it. */
export function handOver(process: FamilyProcess, { rank, text }: Warning): boolean {
  const task = taskAround(process.env);
  if (task === undefined) return false;
  try {
    const path = fileOfRunAround(process, task);
    if (path === undefined) return false;
    const said = { rank, text: `${text}A run of Nx within ${task.name} says so.\n` };
    // Only what is still there: the run around this one may have ended.
    const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeSync(fd, `${JSON.stringify(said)}\n`);
    } finally {
      closeSync(fd);
    }
    return true;
  } catch {
    return false;
  }
}

interface TaskAround {
  name: string;
  root: string;
}

/** The task by which this process runs, as Nx tells it: `app:e2e`. Nx 13 tells only the project. */
function taskAround(env: FamilyProcess['env']): TaskAround | undefined {
  const root = env['NX_WORKSPACE_ROOT'];
  const target = [env['NX_TASK_TARGET_PROJECT'], env['NX_TASK_TARGET_TARGET']];
  const name = target.filter((part) => part !== undefined && part !== '').join(':');
  return root === undefined || name === '' ? undefined : { name, root };
}

/** Of several runs that have this task the last one. */
function fileOfRunAround(process: FamilyProcess, { name: task, root }: TaskAround): string | undefined {
  const folder = privateFolder(process);
  if (folder === undefined) return undefined;
  const found = readdirSync(folder)
    .filter((name) => name === nameFor(root, pidIn(name)) && pidIn(name) !== process.pid && isAlive(name, process))
    .map((name) => join(folder, name))
    .filter((path) => {
      const tasks = parsed(readFileSync(path, 'utf8').split('\n')[0] ?? '');
      return Array.isArray(tasks) && tasks.some((id) => id === task || String(id).startsWith(`${task}:`));
    })
    .map((path) => ({ path, startedAt: lstatSync(path).birthtimeMs }))
    .sort((one, other) => other.startedAt - one.startedAt);
  return found[0]?.path;
}

/** `undefined` where somebody else has put something in its place. */
function privateFolder({ getuid }: FamilyProcess): string | undefined {
  const uid = getuid?.();
  const folder = join(tmpdir(), `nxkey-runs-${uid ?? 'here'}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return undefined;
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o077) === 0) ? folder : undefined;
}

function removeThoseOfTheDead(folder: string, process: FamilyProcess): void {
  for (const name of readdirSync(folder)) if (!isAlive(name, process)) rmSync(join(folder, name), { force: true });
}

function nameFor(root: string, pid: number): string {
  return `${createHash('sha256').update(root).digest('hex').slice(0, 16)}-${pid}`;
}

function pidIn(name: string): number {
  return Number(name.split('-')[1]);
}

function isAlive(name: string, process: FamilyProcess): boolean {
  try {
    process.kill(pidIn(name), 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function idsOf(tasks: unknown): string[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown) =>
    typeof task === 'object' && task !== null && 'id' in task && typeof task.id === 'string' ? [task.id] : [],
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isWarning(value: unknown): value is Warning {
  if (typeof value !== 'object' || value === null || !('rank' in value) || !('text' in value)) return false;
  return typeof value.rank === 'number' && typeof value.text === 'string';
}
