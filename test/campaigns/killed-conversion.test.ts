import { randomInt, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { campaignTimeout, rounds } from '../../server/test/campaigns/rounds.js';
import { gitEnvironment, MadeRepository } from '../git/made-repository.js';
import { recordToken } from '../support/ledger.js';
import { programs, start } from '../support/programs.js';
import { tempDir } from '../support/temp-dir.js';

const kills = rounds({ brief: 3, full: 12 });

interface Fleet {
  folder: string;
  map: string;
  report: string;
  env: NodeJS.ProcessEnv;
  workspaces: { path: string; before: string; after: string }[];
}

/** Workspaces with a token each, in Nx 18: their package.json changes, too. */
function fleetOf(count: number): Fleet {
  const home = tempDir();
  const folder = join(home, 'repositories');
  const workspaces = Array.from({ length: count }, (_, number) => {
    const path = join(folder, `team-${number % 7}`, `repository ${number}`);
    const token = btoa(`${randomUUID()}|read-write`);
    recordToken(token);
    mkdirSync(path, { recursive: true });
    const before = `{\n  "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "accessToken": "${token}" } } } // ours\n}\n`;
    const after = before.replace(`"accessToken": "${token}"`, `"nxCloudId": "${idOf(number)}"`);
    writeFileSync(join(path, 'nx.json'), before);
    writeFileSync(join(path, 'package.json'), packageJson);
    return { path, before, after };
  });
  const map = join(home, 'ids.tsv');
  writeFileSync(map, workspaces.map(({ path }, number) => `${path}\t${idOf(number)}\n`).join(''));
  const report = join(home, 'report.jsonl');
  writeFileSync(report, '');
  return { folder, map, report, env: gitEnvironment(home), workspaces };
}

const idOf = (number: number) => number.toString(16).padStart(24, '0');
const packageJson = '{\n  "devDependencies": {\n    "nx": "18.2.4"\n  }\n}\n';
const newPackageJson = packageJson.replace('"18.2.4"', '"18.2.4",\n    "nx-cloud": "19.1.0"');

/** Runs until it has printed so many more lines, and not to its end then. What it prints goes to the report, as with >>. */
async function convert(fleet: Fleet, flags: string[], killAfter?: number): Promise<number | null> {
  const args = ['--recursive', fleet.folder, '--map', fleet.map, '--resume', fleet.report, '--json', ...flags];
  const running = start(programs.convert, args, { env: fleet.env });
  let lines = 0;
  running.process.stdout.on('data', (chunk: Buffer) => {
    appendFileSync(fleet.report, chunk);
    lines += chunk.toString().split('\n').length - 1;
    if (killAfter !== undefined && lines >= killAfter) running.process.kill('SIGKILL');
  });
  running.process.stdin.end();
  return (await running.finished).code;
}

/** @returns how many are complete */
function expectEachUntouchedOrComplete({ workspaces }: Fleet, known: readonly string[]): number {
  let complete = 0;
  for (const { path, before, after } of workspaces) {
    const [nxJson, packages] = ['nx.json', 'package.json'].map((name) => readFileSync(join(path, name), 'utf8'));
    expect([before, after]).toContain(nxJson);
    expect([packageJson, newPackageJson]).toContain(packages);
    if (nxJson === after) {
      // nx.json is written last.
      expect(packages).toBe(newPackageJson);
      complete += 1;
    }
    const others = readdirSync(path).filter((name) => !known.includes(name));
    for (const name of others) expect(name).toMatch(/^\.(?:nx|package)\.json\.[0-9a-f]{12}\.tmp$/);
  }
  return complete;
}

describe('a conversion of many workspaces that is killed again and again', () => {
  it(
    'leaves each as it was or complete, and --resume does the rest',
    async () => {
      const fleet = fleetOf(rounds({ brief: 80, full: 1000 }));
      const known = ['nx.json', 'package.json'];
      let complete = 0;
      for (let kill = 0; kill < kills; kill++) {
        const most = Math.floor((fleet.workspaces.length - complete) / 2);
        expect(await convert(fleet, [], randomInt(1, most))).toBeNull();
        const now = expectEachUntouchedOrComplete(fleet, known);
        // Not always more: what was complete when the last kill came, and not reported yet, is reported first.
        expect(now).toBeGreaterThanOrEqual(complete);
        complete = now;
      }
      // Otherwise the kills came too early or too late to show anything.
      expect(complete).toBeGreaterThan(0);
      expect(complete).toBeLessThan(fleet.workspaces.length);
      expect(await convert(fleet, [])).toBe(0);
      expect(expectEachUntouchedOrComplete(fleet, known)).toBe(fleet.workspaces.length);
      expectReported(fleet);
    },
    campaignTimeout,
  );

  it(
    'makes one commit in each repository, also where the kill came between writing and committing',
    async () => {
      const fleet = fleetOf(rounds({ brief: 12, full: 100 }));
      const repositories = fleet.workspaces.map(({ path }) => new MadeRepository(path, { ...fleet.env }));
      for (const repository of repositories) {
        repository.git('init', '--quiet', '--initial-branch=main');
        repository.commit({});
      }
      for (let kill = 0; kill < kills; kill++) {
        const code = await convert(fleet, ['--commit', '--branch', 'ids'], randomInt(1, 3));
        // With few left it may have been at its end.
        expect([null, 0]).toContain(code);
        expectEachUntouchedOrComplete(fleet, ['nx.json', 'package.json', '.git']);
      }
      // The git of a killed run may be at work still, and holds the index then, which is reported.
      let code: number | null = null;
      for (let run = 0; run < 5 && code !== 0; run++) code = await convert(fleet, ['--commit', '--branch', 'ids']);
      expect(code).toBe(0);
      expect(expectEachUntouchedOrComplete(fleet, ['nx.json', 'package.json', '.git'])).toBe(repositories.length);
      for (const repository of repositories) {
        expect(repository.git('status', '--porcelain', '--untracked-files=no')).toBe('');
        expect(repository.git('log', '--format=%s', 'ids').trim().split('\n')).toEqual([
          'Replace the access token in nx.json by the nxCloudId',
          'Work',
        ]);
      }
      expectReported(fleet);
    },
    campaignTimeout,
  );
});

/** Each workspace has a line, if perhaps one that says that it was converted already: by the run that could not say so. */
function expectReported({ report, workspaces }: Fleet): void {
  const text = readFileSync(report, 'utf8');
  for (const { path } of workspaces) expect(text).toContain(`{"workspace":${JSON.stringify(path)},`);
}
