/**
 * `npm run bench:scan-history`: the search of a whole git history for tokens, against `git log -p` piped to nothing, in
 * a repository of 10,000 commits made with git's own fast-import and packed as a clone is. Needs Linux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findRepository } from '../src/git/repository.js';
import { scanHistory } from '../src/git/scan-history.js';
import { commits, expected, history } from './support/history.js';
import { median, report } from './measure.js';
import { memory, peakMemory, resetPeakMemory } from './support/process-memory.js';

const rounds = 3;
const limit = 2;

const root = await mkdtemp(join(tmpdir(), 'nxkey-bench-history-'));
try {
  await git(['init', '--quiet', '--initial-branch=main']);
  // fast-import only stores: it compares each file with the one before it in the stream. repack makes what a clone gets.
  await git(['-c', 'core.compression=0', 'fast-import', '--quiet', '--depth=0'], Readable.from(history()));
  await git(['repack', '-a', '-d', '-f', '-q']);
  const repository = await findRepository(root, process.env);
  if (repository === undefined) throw new Error('there is no repository');

  const added: number[] = [];
  const times = { log: [] as number[], scan: [] as number[] };
  // The first round fills the disk cache and does not count.
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    await git(['log', '-p']);
    const between = performance.now();
    await resetPeakMemory(process.pid);
    const before = await memory(process.pid);
    const { tokens, commits: searched } = await scanHistory(repository);
    const ended = performance.now();
    const found = tokens.map(({ commits: number, paths }) => `${number} ${paths.join(' ')}`);
    if (searched !== commits || found.join() !== expected.join()) {
      throw new Error(`not what is in the history: ${searched} commits, ${found.join()}`);
    }
    if (round === 0) continue;
    times.log.push(between - started);
    times.scan.push(ended - between);
    added.push(((await peakMemory(process.pid)) - before) / 2 ** 20);
  }
  const log = median(times.log);
  const scan = median(times.scan);
  console.log(`${commits} commits, ${await packSize()} packed; median of ${rounds} rounds, in turn.`);
  const figure = `${(scan / 1000).toFixed(1)} s = ${(scan / log).toFixed(2)} x ${(log / 1000).toFixed(1)} s`;
  console.log(`Resident memory that a search adds, of this process: ${median(added).toFixed(0)} MiB.`);
  report('search of the history, beside git log -p', figure, scan / log, { atMost: limit });
} finally {
  await rm(root, { recursive: true, force: true });
}

async function git(args: string[], input?: Readable): Promise<void> {
  // Its output goes through a pipe that is read and thrown away, as with `| cat >/dev/null`.
  const child = spawn('git', ['-C', root, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.resume();
  await Promise.all([
    input === undefined ? child.stdin.end() : pipeline(input, child.stdin),
    once(child, 'close').then(([code]) => {
      if (code !== 0) throw new Error(`git ${args.join(' ')} ended with exit code ${String(code)}`);
    }),
  ]);
}

async function packSize(): Promise<string> {
  const folder = join(root, '.git/objects/pack');
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return `${(sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20).toFixed(0)} MiB`;
}
