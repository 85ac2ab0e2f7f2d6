/**
 * `npm run bench:convert-fleet`: converts 10,000 workspaces on disk, ids from a map file, beside a bare script that reads,
 * flushes and renames the same files; and looks whether memory grows with the number of workspaces.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, report } from './measure.js';
import { bareRewrite } from './support/bare-rewrite.js';
import { makeFleet, type Fleet } from './support/fleet.js';

const cli = fileURLToPath(new URL('../bin/nxkey.js', import.meta.url));
const count = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 3);
const limits = { time: 1.5, memory: 1.25 };

interface Measured {
  milliseconds: number;
  /** In MiB. */
  peakMemory: number;
}

const folder = mkdtempSync(join(tmpdir(), 'nxkey-bench-'));
let made = 0;

/** Folders are left where they are until the end: ext4 gets slow at making files after many were deleted. */
function freshFleet(size: number): Fleet {
  made += 1;
  const fleet = makeFleet(join(folder, `fleet-${made}`), size);
  // What was just written must not be on its way to the disk while something is measured.
  spawnSync('sync');
  return fleet;
}

/** Written at the end by the measured process itself, into the file that it is told. */
const tellPeakMemory =
  "import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));";

async function measure(args: string[]): Promise<Measured> {
  const [output, peakFile] = [openSync(join(folder, 'output'), 'w'), join(folder, 'peak')];
  const hook = `data:text/javascript,${encodeURIComponent(tellPeakMemory)}`;
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', hook, ...args], {
    stdio: ['ignore', output, 'inherit'],
    env: { PATH: process.env['PATH'], HOME: folder, PEAK_FILE: peakFile },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const milliseconds = performance.now() - started;
  closeSync(output);
  if (code !== 0) throw new Error(`it ended with exit code ${code ?? 'none'}`);
  return { milliseconds, peakMemory: Number(readFileSync(peakFile, 'utf8')) / 1024 };
}

async function convert(size: number): Promise<Measured> {
  const { folder: workspaces, map } = freshFleet(size);
  const measured = await measure([cli, 'convert-to-nx-cloud-id', '--recursive', workspaces, '--map', map, '--json']);
  const lines = readFileSync(join(folder, 'output'), 'utf8').trimEnd().split('\n');
  const converted = lines.filter((line) => line.includes('"status":"converted"')).length;
  if (converted !== size) throw new Error(`${converted} of ${size} workspaces were converted`);
  return measured;
}

async function rewriteBarely(size: number): Promise<Measured> {
  const { map } = freshFleet(size);
  const paths = readFileSync(map, 'utf8').replaceAll(/\t.*$/gm, '/nx.json');
  const list = join(folder, 'paths');
  writeFileSync(list, paths);
  return measure(['-e', bareRewrite, list]);
}

try {
  const large: Measured[] = [];
  const small: Measured[] = [];
  const bare: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await rewriteBarely(count));
    large.push(await convert(count));
    small.push(await convert(count / 10));
  }
  const time = (all: Measured[]) => median(all.map(({ milliseconds }) => milliseconds));
  const memory = (all: Measured[]) => median(all.map(({ peakMemory }) => peakMemory));
  const seconds = (all: Measured[]) => `${(time(all) / 1000).toFixed(1)} s`;
  console.log(
    `\n${count.toLocaleString('en')} workspaces with nx.json and package.json; median of ${rounds} rounds, in turn.`,
  );
  const slower = time(large) / time(bare);
  report('converted, beside a bare script', `${seconds(large)} = ${slower.toFixed(2)} x ${seconds(bare)}`, slower, {
    atMost: limits.time,
  });
  const more = memory(large) / memory(small);
  const figure = `${memory(large).toFixed(0)} MiB = ${more.toFixed(2)} x ${memory(small).toFixed(0)} MiB`;
  report(`peak memory, beside ${(count / 10).toLocaleString('en')} workspaces`, figure, more, {
    atMost: limits.memory,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
