/**
 * `npm run bench:convert-fleet`: converts 10,000 workspaces on disk, ids from a map file, beside a bare script that reads,
 * flushes and renames the same files; and looks whether memory grows while they are converted. For that the garbage is
 * collected several times a second, in a run of its own: left alone, V8 lets garbage grow to a multiple of what is in use
 * before it collects, so that the peak tells how long a run was and not what it keeps. What is in use from the start on
 * are the ids of the map, 0.6 KiB each.
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
/** The peak in MiB. */
const limits = { time: 1.5, memory: 1.05, peakMemory: 150 };

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
  "import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(process.env.TOLD, String(process.resourceUsage().maxRSS)));";

/** Also at the end: what was in use after each collection, in bytes. */
const tellMemoryInUse = `
import { writeFileSync } from 'node:fs';
const samples = [];
setInterval(() => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  samples.push(heapUsed + external);
}, 200).unref();
process.on('exit', () => writeFileSync(process.env.TOLD, samples.join('\\n')));`;

/** What the program told, and the milliseconds that it took. */
async function run(args: string[], hook: string): Promise<{ told: string; milliseconds: number }> {
  const [output, told] = [openSync(join(folder, 'output'), 'w'), join(folder, 'told')];
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, ...args], {
    stdio: ['ignore', output, 'inherit'],
    env: { PATH: process.env['PATH'], HOME: folder, TOLD: told },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const milliseconds = performance.now() - started;
  closeSync(output);
  if (code !== 0) throw new Error(`it ended with exit code ${code ?? 'none'}`);
  return { told: readFileSync(told, 'utf8'), milliseconds };
}

async function measure(args: string[]): Promise<Measured> {
  const { told, milliseconds } = await run(args, tellPeakMemory);
  return { milliseconds, peakMemory: Number(told) / 1024 };
}

function conversion(size: number): string[] {
  const { folder: workspaces, map } = freshFleet(size);
  return [cli, 'convert-to-nx-cloud-id', '--recursive', workspaces, '--map', map, '--json'];
}

function checkConverted(size: number): void {
  const lines = readFileSync(join(folder, 'output'), 'utf8').trimEnd().split('\n');
  const converted = lines.filter((line) => line.includes('"status":"converted"')).length;
  if (converted !== size) throw new Error(`${converted} of ${size} workspaces were converted`);
}

async function convert(size: number): Promise<Measured> {
  const measured = await measure(conversion(size));
  checkConverted(size);
  return measured;
}

/** What is in use in the first and in the last third of a run, in MiB. */
async function memoryInUse(size: number): Promise<{ early: number; late: number }> {
  const { told } = await run(['--expose-gc', ...conversion(size)], tellMemoryInUse);
  checkConverted(size);
  const samples = told.split('\n').map((bytes) => Number(bytes) / 1024 / 1024);
  const third = Math.floor(samples.length / 3);
  return { early: median(samples.slice(0, third)), late: median(samples.slice(-third)) };
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
  const bare: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await rewriteBarely(count));
    large.push(await convert(count));
  }
  const time = (all: Measured[]) => median(all.map(({ milliseconds }) => milliseconds));
  const seconds = (all: Measured[]) => `${(time(all) / 1000).toFixed(1)} s`;
  console.log(
    `\n${count.toLocaleString('en')} workspaces with nx.json and package.json; median of ${rounds} rounds, in turn.`,
  );
  const slower = time(large) / time(bare);
  report('converted, beside a bare script', `${seconds(large)} = ${slower.toFixed(2)} x ${seconds(bare)}`, slower, {
    atMost: limits.time,
  });
  const { early, late } = await memoryInUse(count);
  const figure = `${late.toFixed(1)} MiB = ${(late / early).toFixed(2)} x ${early.toFixed(1)} MiB`;
  report('memory in use, late beside early', figure, late / early, { atMost: limits.memory });
  const peak = median(large.map(({ peakMemory }) => peakMemory));
  report('peak memory', `${peak.toFixed(0)} MiB`, peak, { atMost: limits.peakMemory });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
