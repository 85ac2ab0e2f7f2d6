import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface TimedProgram {
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Stops the clock, and the program, as soon as its standard error matches. Without it, the program's end counts. */
  until?: RegExp;
}

/** Milliseconds that `node <args>` takes. @throws {Error} when it fails, so that a crash is never a good time */
export async function time({ args, env, until }: TimedProgram): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', until === undefined ? 'ignore' : 'pipe'],
    env,
  });
  let shown = '';
  let reached: number | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (reached !== undefined || until?.test(shown) !== true) return;
    reached = performance.now() - start;
    child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (until !== undefined) {
    if (reached === undefined) throw new Error(`node ${args.join(' ')} never printed ${until.source}: ${shown}`);
    return reached;
  }
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with exit code ${code ?? 'none'}`);
  return performance.now() - start;
}

/**
 * Runs all of them in turn, again and again, so that whatever else the machine does meets each of them alike.
 * @returns for each the median in milliseconds
 */
export async function medians(programs: TimedProgram[], rounds: number): Promise<number[]> {
  const times: number[][] = programs.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, program] of programs.entries()) {
      const took = await time(program);
      // The first round fills the disk cache and does not count.
      if (round >= 0) times[index]?.push(took);
    }
  }
  return times.map(median);
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Limits {
  atMost?: number;
  atLeast?: number;
  /** No load of the machine moves it, so not to keep to it is a defect. */
  isCount?: boolean;
}

/** Prints a figure beside its limits. One that does not keep to them makes the exit code 3; a defect makes it 1. */
export function report(
  what: string,
  figure: string,
  value: number,
  { atMost, atLeast, isCount = false }: Limits,
): void {
  // Written so that NaN, of a measurement that went wrong, keeps to no limit.
  const kept = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  if (!kept) process.exitCode = isCount ? 1 : (process.exitCode ?? 3);
  const limits = [atMost === undefined ? '' : `<= ${atMost}`, atLeast === undefined ? '' : `>= ${atLeast}`];
  const verdict = kept ? 'ok' : 'NOT KEPT';
  console.log(`${what.padEnd(44)} ${figure.padEnd(34)} limit ${limits.join('').padEnd(9)} ${verdict}`);
}
