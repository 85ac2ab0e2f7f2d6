import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { findWorkspaces } from '../../../../src/conversion/find-workspaces.js';
import { PartlyFailed, UsageError } from '../../../../src/errors.js';
import { ciToken, readToken, readWriteToken } from '../../../nx-workspace/convert-text.js';
import { schemaProblems } from '../../../support/json-schema.js';
import { tempDir } from '../../../support/temp-dir.js';
import { runConvert, type Result } from './run-convert.js';

const id = '63f1a2b3c4d5e6f708192a3b';
const schema: unknown = JSON.parse(
  readFileSync(new URL('../../../../docs/convert-report.schema.json', import.meta.url), 'utf8'),
);

/** As somebody who may not read everything: the tests may be run by root. */
async function unprivileged<Value>(work: () => Promise<Value>): Promise<Value> {
  if (process.getuid?.() !== 0) return work();
  const nobody = 65_534;
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

let root: string;

beforeEach(() => {
  root = tempDir();
});

function workspace(name: string, token = readWriteToken): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'nx.json'), `{ "nxCloudAccessToken": "${token}" }\n`);
  return folder;
}

function mapOf(ids: Record<string, string>, name = 'ids.tsv'): string {
  const path = join(root, name);
  writeFileSync(
    path,
    Object.entries(ids)
      .map(([key, nxCloudId]) => `${key}\t${nxCloudId}\n`)
      .join(''),
  );
  return path;
}

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const isConverted = (folder: string) => readFileSync(join(folder, 'nx.json'), 'utf8').includes(`"nxCloudId": "${id}"`);

interface Line {
  workspace: string;
  status: string;
  problem: { message: string; remedy: string | null } | null;
}

/** Each line of the report, held to its schema. */
function linesOf({ stdout }: Result): Line[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((text) => {
      const line = JSON.parse(text) as Line;
      expect(schemaProblems(line, schema)).toEqual([]);
      return line;
    })
    .sort((a, b) => (a.workspace < b.workspace ? -1 : 1));
}

const statusesOf = (result: Result) =>
  linesOf(result).map((line) => [line.workspace.slice(root.length + 1), line.status]);

describe('several workspaces', () => {
  it('are converted, each with a line, and summed up', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const folders = [workspace('a'), workspace('b')];
    mkdirSync(join(root, 'c'));
    writeFileSync(join(root, 'c', 'nx.json'), '{}');
    const { stderr, error } = await runConvert(root, { paths: ['a', 'b', 'c'], map, jobs: 1 });
    expect(error).toBeUndefined();
    expect(folders.every(isConverted)).toBe(true);
    expect(stderr).toMatch(
      new RegExp(
        `^a: converted to ${id}\\.\nb: converted to ${id}\\.\nc: has no access token\\.\n3 workspaces: 2 converted, 1 without an access token\\.\n\nLeft to do for each`,
      ),
    );
  });

  it('that cannot be converted are told apart by --dry-run, which leaves all of them as they are', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const good = workspace('good');
    workspace('unknown', ciToken);
    const { error } = await runConvert(root, { paths: ['good', 'unknown'], map, dryRun: true });
    expect(error).toBeInstanceOf(PartlyFailed);
    expect(error?.message).toBe('1 workspace cannot be converted as things are.');
    expect(isConverted(good)).toBe(false);
  });

  it('print one object on each line with --json, and the summary to standard error', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    workspace('a');
    workspace('b', ciToken);
    const result = await runConvert(root, { paths: ['a', 'b'], map, json: true });
    expect(statusesOf(result)).toEqual([
      ['a', 'converted'],
      ['b', 'failed'],
    ]);
    expect(result.stderr).toMatch(/^2 workspaces: 1 converted, 1 failed\.\n/);
  });

  it('do not keep each other from being converted: each that fails has its reason, and the exit code is 3', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const good = workspace('good');
    writeFileSync(join(workspace('invalid'), 'nx.json'), '{');
    workspace('unknown', ciToken);
    const result = await runConvert(root, { paths: ['nowhere', 'invalid', 'unknown', 'good'], map, json: true });
    expect(isConverted(good)).toBe(true);
    expect(linesOf(result).map(({ problem }) => problem?.message)).toEqual([
      undefined,
      'invalid/nx.json:1:2: this is not valid JSON: an object is not closed with }.',
      `${join(root, 'nowhere')} is no Nx workspace: there is no nx.json in it.`,
      `unknown/nx.json:1:25: nx.json was not changed: ${map} has an id neither for this workspace nor for its token nxc_abcd….`,
    ]);
    expect(result.error).toBeInstanceOf(PartlyFailed);
    expect(result.error?.message).toBe('3 workspaces failed and stayed as they were; the others are done.');
  });

  it('are left as they are by a second run', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const folder = workspace('a');
    workspace('b');
    await runConvert(root, { paths: ['a', 'b'], map });
    const before = statSync(join(folder, 'nx.json'));
    const { error, stdout } = await runConvert(root, { paths: ['a', 'b'], map, json: true });
    expect(error).toBeUndefined();
    expect(stdout.match(/"status":"already-converted"/g)).toHaveLength(2);
    expect(statSync(join(folder, 'nx.json'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('are shown as diffs with --dry-run, and not written', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const folder = workspace('a');
    workspace('b');
    const { stdout, stderr } = await runConvert(root, { paths: ['a', 'b'], map, dryRun: true, jobs: 1 });
    expect(stdout).toContain(`--- a/nx.json\tbefore\n+++ a/nx.json\tafter\n`);
    expect(stdout).toContain(`--- b/nx.json\tbefore`);
    expect(stderr).toContain('2 workspaces: 2 to be converted (--dry-run: nothing was written).');
    expect(isConverted(folder)).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('are each done once, however they are named', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    workspace('a');
    symlinkSync(join(root, 'a'), join(root, 'link'));
    const result = await runConvert(root, {
      paths: ['a', './a', 'link', 'a/nx.json', join(root, 'a')],
      map,
      json: true,
    });
    expect(statusesOf(result)).toEqual([['a', 'converted']]);
  });
});

describe('a single workspace', () => {
  it('that fails has its line with --json, and its sentence', async () => {
    workspace('a', ciToken);
    const result = await runConvert(root, { paths: ['a'], map: mapOf({}), json: true });
    expect(statusesOf(result)).toEqual([['a', 'failed']]);
    expect(result.error).not.toBeInstanceOf(PartlyFailed);
    expect(linesOf(result)[0]?.problem?.message).toBe(result.error?.message);
  });
});

describe('--recursive', () => {
  const found = async (flags: { paths?: string[] } = {}) =>
    statusesOf(await runConvert(root, { recursive: true, dryRun: true, json: true, map: mapOf({}), ...flags })).map(
      ([name]) => name,
    );

  it('finds workspaces in folders, also inside of others, and never in node_modules or .git', async () => {
    for (const name of ['x/a', 'x/a/examples/b', 'c', 'c/node_modules/nx', '.git/d', '.hidden/e']) workspace(name);
    expect(await found()).toEqual(['.hidden/e', 'c', 'x/a', 'x/a/examples/b']);
    expect(await found({ paths: ['x'] })).toEqual(['x/a', 'x/a/examples/b']);
  });

  it('leaves out what .gitignore names, as git does: rules of inner folders count more', async () => {
    for (const name of ['tmp/a', 'kept/tmp/b', 'kept/out/c', 'Tmp/d', 'e']) workspace(name);
    writeFileSync(join(root, '.gitignore'), 'tmp/\nout\n/e/nx.json\n');
    writeFileSync(join(root, 'kept', '.gitignore'), '!out\n');
    expect(await found()).toEqual(['Tmp/d', 'kept/out/c']);
  });

  it('takes no heed of a rule that would take for ever, and searches what it names', async () => {
    const deep = 'a/'.repeat(60);
    for (const name of [`${deep}b`, 'kept/b', 'left/out/b']) workspace(name);
    writeFileSync(join(root, '.gitignore'), `${'**/a/'.repeat(12)}b\nleft/**/b/\n`);
    expect(await found()).toEqual([`${deep}b`, 'kept/b']);
  });

  it('reports folders that are deeper than any repository, and goes on', async () => {
    workspace(`a/${'b/'.repeat(120)}`);
    workspace('c');
    const result = await runConvert(root, {
      recursive: true,
      json: true,
      map: mapOf({ [sha256(readWriteToken)]: id }),
    });
    expect(statusesOf(result).map(([, status]) => status)).toEqual(['failed', 'converted']);
  });

  it('does not take the rules of one repository for another one inside of it', async () => {
    for (const name of ['vendor/build', 'build']) workspace(name);
    writeFileSync(join(root, '.gitignore'), 'build\n');
    writeFileSync(join(root, 'vendor', '.git'), 'gitdir: elsewhere\n');
    expect(await found()).toEqual(['vendor/build']);
  });

  it.skipIf(process.platform === 'win32')('follows no link to a folder', async () => {
    workspace('a/b');
    symlinkSync(join(root, 'a'), join(root, 'a', 'circle'));
    expect(await found()).toEqual(['a/b']);
  });

  it('goes on past a folder that cannot be read, and says so', async () => {
    for (const folder of [root, workspace('a')]) chmodSync(folder, 0o755);
    mkdirSync(join(root, 'closed'), { mode: 0o000 });
    const found = await unprivileged(() => Readable.from(findWorkspaces(root)).toArray());
    chmodSync(join(root, 'closed'), 0o700);
    expect(found).toMatchObject([
      { kind: 'workspace', workspace: join(root, 'a') },
      { kind: 'unreadable', folder: join(root, 'closed') },
    ]);
  });

  it('reports a folder that is not there', async () => {
    const { error } = await runConvert(root, { recursive: true, paths: ['nowhere'], json: true });
    expect(error).toBeInstanceOf(PartlyFailed);
  });

  it('has nothing to do where there is no workspace', async () => {
    const { error, stderr } = await runConvert(root, { recursive: true });
    expect(error).toBeUndefined();
    expect(stderr).toBe('There was no workspace to convert.\n');
  });
});

describe('what a repository has in its names', () => {
  it('reaches the terminal without what it would act on, and nobody with a token in it', async () => {
    const folder = workspace(`shop-${readToken}`);
    mkdirSync(join(folder, '.github', 'workflows'), { recursive: true });
    const job = `"\\e]52;c;AAAA\\a\\e[2J${ciToken}":\n    runs-on: x\n    steps: [{ run: npx nx build }]\n`;
    writeFileSync(join(folder, '.github', 'workflows', 'ci\u001b[31m.yml'), `on: push\njobs:\n  ${job}`);
    const flags = { recursive: true, dryRun: true, map: mapOf({ [sha256(readWriteToken)]: id }) };
    const { stdout, stderr } = await runConvert(root, flags);
    const report = await runConvert(root, { ...flags, json: true });
    expect(stderr).toContain('the job nxc_abcd… (line 3) in .github/workflows/ci.yml');
    for (const text of [stdout, stderr, report.stdout]) {
      expect(text).not.toMatch(/[^\P{Cc}\n\t]/u);
      for (const token of [readToken, ciToken]) expect(text).not.toContain(token);
    }
  });
});

describe('paths on standard input', () => {
  it('are read one on each line', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const folders = [workspace('with blanks '), workspace('größe')];
    const { error } = await runConvert(root, { paths: ['-'], map }, {}, 'with blanks \n\ngröße');
    expect(error).toBeUndefined();
    expect(folders.every(isConverted)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('end with NUL with --null, so that line ends may be in them', async () => {
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const folder = workspace('a\nb');
    const { error, stderr } = await runConvert(root, { paths: ['-'], null: true, map }, {}, 'a\nb\0');
    expect(error).toBeUndefined();
    expect(isConverted(folder)).toBe(true);
    expect(stderr).toContain('a b: converted');
  });

  it('that are no UTF-8 are reported', async () => {
    const result = await runConvert(root, { paths: ['-'], json: true }, {}, Buffer.from('caf\xe9\n', 'latin1'));
    expect(linesOf(result).map(({ problem }) => problem?.message)).toEqual(['The path caf\uFFFD is not valid UTF-8.']);
  });

  it('are not repeated where they are tokens', async () => {
    const { stderr, error } = await runConvert(root, { paths: ['-'] }, {}, `${readToken}\n`);
    expect(error).toBeInstanceOf(PartlyFailed);
    expect(stderr).toContain('NmYx…');
    expect(stderr).not.toContain(readToken);
  });
});

describe('--map', () => {
  it('knows a token by its hash and a workspace by its path, relative to the map; the hash counts more', async () => {
    const byPath = workspace('a');
    mkdirSync(join(root, 'maps'));
    const map = mapOf({ '../a': id, '../b': id, [sha256(ciToken).toUpperCase()]: 'f'.repeat(24) }, 'maps/ids.tsv');
    const byToken = workspace('b', ciToken);
    await runConvert(root, { paths: ['a', 'b'], map });
    expect(isConverted(byPath)).toBe(true);
    expect(readFileSync(join(byToken, 'nx.json'), 'utf8')).toContain('f'.repeat(24));
  });

  it('may have comments, empty lines and a byte order mark', async () => {
    const folder = workspace('a');
    writeFileSync(join(root, 'ids.tsv'), `\uFEFF# ours\r\n\r\na\t${id}\r\n`);
    await runConvert(root, { paths: ['a'], map: 'ids.tsv' });
    expect(isConverted(folder)).toBe(true);
  });

  it('does not do for two tokens of a workspace by its path', async () => {
    const folder = workspace('a');
    writeFileSync(
      join(folder, 'nx.json'),
      `{ "nxCloudAccessToken": "${readWriteToken}", "tasksRunnerOptions": { "default": { "options": { "accessToken": "${ciToken}" } } } }`,
    );
    const { error } = await runConvert(root, { paths: ['a'], map: mapOf({ a: id }) });
    expect(error?.message).toContain('it has 2 different access tokens (1:25, 1:');
    const { error: none } = await runConvert(root, { paths: ['a'], map: mapOf({ a: id, [sha256(ciToken)]: id }) });
    expect(none).toBeUndefined();
  });

  it.each([
    ['no tab', 'a b', 'there is no tab, or nothing before it.'],
    ['no path', `\t${id}`, 'there is no tab, or nothing before it.'],
    ['no id', 'a\tshort', 'what follows the tab is no nxCloudId of 24 letters and digits.'],
    ['a token', `${ciToken}\t${id}`, 'a token stands here, where its SHA-256 belongs.'],
    ['another id for the same', `x\t${'0'.repeat(24)}`, 'another id than on line 1 is given for the same.'],
  ])('with %s on a line is a wrong command line, and nothing is done', async (_, line, problem) => {
    const folder = workspace('a');
    writeFileSync(join(root, 'ids.tsv'), `x\t${id}\n${line}\n`);
    const { error } = await runConvert(root, { paths: ['a', 'b'], map: 'ids.tsv' });
    expect(error).toBeInstanceOf(UsageError);
    expect(error?.message).toBe(`ids.tsv:2: ${problem}`);
    expect(isConverted(folder)).toBe(false);
  });

  it('that is not there is a wrong command line', async () => {
    const { error } = await runConvert(root, { paths: ['a'], map: 'nowhere.tsv' });
    expect(error).toBeInstanceOf(UsageError);
    expect(error?.message).toBe('The map nowhere.tsv could not be read.');
  });
});

describe('--resume', () => {
  it('does what has failed, without being told where', async () => {
    workspace('a');
    const failed = workspace('b', ciToken);
    const first = await runConvert(root, {
      paths: ['a', 'b'],
      map: mapOf({ [sha256(readWriteToken)]: id }),
      json: true,
    });
    writeFileSync(join(root, 'report.jsonl'), first.stdout);
    const again = await runConvert(root, { resume: 'report.jsonl', map: mapOf({ [sha256(ciToken)]: id }), json: true });
    expect(statusesOf(again)).toEqual([['b', 'converted']]);
    expect(isConverted(failed)).toBe(true);
  });

  it('does all of the given that the report does not have as done, also when its last line was cut off', async () => {
    for (const name of ['a', 'b', 'c']) workspace(name);
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const first = await runConvert(root, { paths: ['a', 'b'], map, json: true, jobs: 1 });
    writeFileSync(join(root, 'report.jsonl'), first.stdout.slice(0, -30));
    const again = await runConvert(root, { paths: ['a', 'b', 'c'], resume: 'report.jsonl', map, json: true });
    expect(statusesOf(again)).toEqual([
      ['b', 'already-converted'],
      ['c', 'converted'],
    ]);
    // As a shell's >> does it.
    writeFileSync(join(root, 'report.jsonl'), first.stdout.slice(0, -30) + again.stdout);
    const last = await runConvert(root, { paths: ['a', 'b', 'c'], resume: 'report.jsonl', map, json: true });
    expect(last).toMatchObject({ stdout: '', stderr: 'Nothing is left to do.\n', error: undefined });
  });

  it('does what a dry run has only shown', async () => {
    const folder = workspace('a');
    const map = mapOf({ [sha256(readWriteToken)]: id });
    const first = await runConvert(root, { paths: ['a'], map, json: true, dryRun: true });
    writeFileSync(join(root, 'report.jsonl'), first.stdout);
    await runConvert(root, { resume: 'report.jsonl', map });
    expect(isConverted(folder)).toBe(true);
  });

  it.each(['{}\n', 'hello\n{"workspace":"/a","status":"converted"}\n', '{"workspace":"/a\n{"status":"failed"}\n'])(
    'refuses what is no report: %j',
    async (text) => {
      writeFileSync(join(root, 'report.jsonl'), text);
      const { error } = await runConvert(root, { resume: 'report.jsonl' });
      expect(error).toBeInstanceOf(UsageError);
      expect(error?.message).toBe('report.jsonl:1: this is no line of a report.');
    },
  );
});

describe('a server that is down', () => {
  it('is asked a few times only, and each workspace says so', async () => {
    const paths = Array.from({ length: 12 }, (_, index) => `w${index}`);
    for (const [index, path] of paths.entries()) {
      workspace(path, btoa(`11111111-2222-4333-8444-5555555555${String(index).padStart(2, '0')}|read-write`));
    }
    const server = 'http://127.0.0.1:9';
    const result = await runConvert(root, { paths, server, json: true, jobs: 1 });
    const messages = linesOf(result).map(({ problem }) => problem?.message ?? '');
    expect(messages.filter((message) => message.includes('Could not reach http://127.0.0.1:9'))).toHaveLength(12);
    expect(messages.filter((message) => message.includes('gave no answer 3 times in a row'))).toHaveLength(9);
  });
});

describe('what a killed run has left', () => {
  it('is removed from beside nx.json when it is old, and not while it may be in use', async () => {
    const folder = workspace('a');
    const [old, young] = ['.nx.json.0123456789ab.tmp', '.nx.json.ba9876543210.tmp'].map((name) => join(folder, name));
    for (const path of [old ?? '', young ?? '', join(folder, '.nx.json.mine.tmp')]) writeFileSync(path, '');
    utimesSync(old ?? '', new Date(0), new Date(0));
    await runConvert(root, { paths: ['a'], map: mapOf({ a: id }) });
    expect(existsSync(old ?? '')).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['.nx.json.ba9876543210.tmp', '.nx.json.mine.tmp', 'nx.json']);
  });
});
