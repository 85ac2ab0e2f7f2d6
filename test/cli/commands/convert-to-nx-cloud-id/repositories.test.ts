import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyRepository, type MadeRepository } from '../../../git/made-repository.js';
import { readWriteToken } from '../../../nx-workspace/convert-text.js';
import { recordToken } from '../../../support/ledger.js';
import { tempDir } from '../../../support/temp-dir.js';
import type { ConvertFlags } from '../../../../src/cli/commands/convert-to-nx-cloud-id/command.js';
import { runConvert, type Result } from './run-convert.js';

const id = '63f1a2b3c4d5e6f708192a3b';
const before = `{\n  // ours\n  "nxCloudAccessToken": "${readWriteToken}"\n}\n`;
const after = `{\n  // ours\n  "nxCloudId": "${id}"\n}\n`;
const oldPackageJson = '{\n  "devDependencies": {\n    "nx": "18.2.4"\n  }\n}\n';
const workflow = 'on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npx nx build # all\n';

function repositoryWith(files: Record<string, string> = { 'nx.json': before }): MadeRepository {
  const repository = emptyRepository();
  repository.commit(files);
  return repository;
}

/** With the id given, and in the environment of the repository. */
function convertIn(repository: MadeRepository, flags: Partial<ConvertFlags> = {}): Promise<Result> {
  return runConvert(repository.root, { nxCloudId: id, ...flags }, environmentOf(repository));
}

function environmentOf({ env }: MadeRepository): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const lastCommit = (repository: MadeRepository) =>
  repository
    .git('show', '--format=%s', '--name-only', 'HEAD')
    .trim()
    .split('\n')
    .filter((line) => line !== '');
const status = (repository: MadeRepository) => repository.git('status', '--porcelain');

describe('a repository', () => {
  it('is never a way to a file outside of it, nor with --force', async () => {
    const other = join(tempDir(), 'nx.json');
    writeFileSync(other, before);
    const repository = repositoryWith({ 'README.md': 'Hello' });
    symlinkSync(other, repository.path('nx.json'));
    for (const force of [false, true]) {
      const { error } = await convertIn(repository, { force });
      expect(error?.message).toContain(`is not in the git repository ${repository.root}.`);
    }
    expect(readFileSync(other, 'utf8')).toBe(before);
  });

  it('keeps line breaks and tokens in the names of its folders out of the message of the commit', async () => {
    const folder = `shop\n\nSigned-off-by: ${readWriteToken}`;
    const repository = repositoryWith({ [`${folder}/nx.json`]: before });
    await runConvert(repository.path(folder), { nxCloudId: id, commit: true }, environmentOf(repository));
    expect(repository.git('log', '-1', '--format=%B').trim()).toBe(
      'Replace the access token in shop Signed-off-by: NWIw…/nx.json by the nxCloudId',
    );
  });

  it('with changes in nx.json that are in no commit is left alone, unless --force is given', async () => {
    const repository = repositoryWith();
    repository.write('nx.json', `${before}\n`);
    const { error } = await convertIn(repository);
    expect(error?.message).toBe('There are uncommitted changes in nx.json, so nothing was written.');
    expect(error?.remedy).toContain('--force');
    expect(repository.read('nx.json')).toBe(`${before}\n`);
    expect((await convertIn(repository, { dryRun: true })).error?.message).toBe(error?.message);

    expect((await convertIn(repository, { force: true })).error).toBeUndefined();
    expect(repository.read('nx.json')).toBe(`${after}\n`);
  });

  it('may have changes in all other files', async () => {
    const repository = repositoryWith({ 'nx.json': before, 'README.md': 'a' });
    repository.write('README.md', 'b');
    expect((await convertIn(repository)).error).toBeUndefined();
    expect(repository.read('nx.json')).toBe(after);
  });

  it('with nx.json not yet known to git is left alone', async () => {
    const repository = repositoryWith({ 'README.md': '' });
    repository.write('nx.json', before);
    expect((await convertIn(repository)).error?.message).toContain('There are uncommitted changes in nx.json');
  });

  it('needs no git where nothing is to be written, and says how to do without it', async () => {
    const repository = repositoryWith();
    const noGit = { PATH: tempDir() };
    const refused = await runConvert(repository.root, { nxCloudId: id }, noGit);
    expect(refused.error?.message).toContain(
      'Whether there are uncommitted changes could not be found out. git was not found',
    );
    expect(refused.error?.remedy).toContain('--force');
    expect(repository.read('nx.json')).toBe(before);
    const forced = await runConvert(repository.root, { nxCloudId: id, force: true }, noGit);
    expect(forced.error).toBeUndefined();
    const again = await runConvert(repository.root, { nxCloudId: id }, noGit);
    expect(again).toMatchObject({ error: undefined });
  });
});

describe('--commit', () => {
  it('makes one commit with what was converted, and leaves everything else in the index alone', async () => {
    const repository = repositoryWith({ 'nx.json': before, 'package.json': oldPackageJson, 'README.md': 'a' });
    repository.write('README.md', 'staged');
    repository.git('add', 'README.md');
    const { error, stdout } = await convertIn(repository, { commit: true, json: true });
    expect(error).toBeUndefined();
    expect(lastCommit(repository)).toEqual([
      'Replace the access token in nx.json by the nxCloudId',
      'nx.json',
      'package.json',
    ]);
    expect(status(repository)).toBe('M  README.md\n');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'converted',
      commit: { hash: repository.git('rev-parse', 'HEAD').trim(), branch: 'main' },
    });
  });

  it('takes a message and a new branch', async () => {
    const repository = repositoryWith();
    const { error } = await convertIn(repository, { commit: true, message: 'Use ids', branch: 'nx-cloud-id' });
    expect(error).toBeUndefined();
    expect(lastCommit(repository)).toEqual(['Use ids', 'nx.json']);
    expect(repository.git('branch', '--show-current').trim()).toBe('nx-cloud-id');
    expect(repository.git('show', 'main:nx.json')).toBe(before);
  });

  it('has the CI files that were patched in the same commit', async () => {
    const repository = repositoryWith({ 'nx.json': before, '.github/workflows/ci.yml': workflow });
    const { error, stdout } = await convertIn(repository, { commit: true, patchCi: true, json: true });
    expect(error).toBeUndefined();
    expect(lastCommit(repository)).toEqual([expect.any(String), '.github/workflows/ci.yml', 'nx.json']);
    expect(repository.read('.github/workflows/ci.yml')).toContain('npx nx build # all\n');
    expect(repository.read('.github/workflows/ci.yml')).toContain('secrets.NX_CLOUD_ACCESS_TOKEN');
    expect(JSON.parse(stdout)).toMatchObject({
      files: ['.github/workflows/ci.yml', 'nx.json'],
      ci: [{ patched: true }],
    });
  });

  describe('of several workspaces in one repository', () => {
    const three = { 'a/nx.json': before, 'b/nx.json': before, 'c/nx.json': before };
    const linesOf = (stdout: string) =>
      stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));

    function convertAll(repository: MadeRepository, flags: Partial<ConvertFlags> = {}): Promise<Result> {
      const map = join(tempDir(), 'ids.tsv');
      writeFileSync(map, ['a', 'b', 'c'].map((name) => `${repository.path(name)}\t${id}\n`).join(''));
      const all = { recursive: true, commit: true, json: true, map, ...flags };
      return runConvert(repository.root, all, environmentOf(repository));
    }

    it('is one, whose id stands in the line of each', async () => {
      const repository = repositoryWith(three);
      const { error, stdout } = await convertAll(repository, { branch: 'ids' });
      expect(error).toBeUndefined();
      expect(repository.git('log', '--format=%B', 'main..ids').trim()).toBe(
        'Replace the access tokens of 3 workspaces by nxCloudIds\n\n- a/nx.json\n- b/nx.json\n- c/nx.json',
      );
      const commit = { hash: repository.git('rev-parse', 'ids').trim(), branch: 'ids' };
      expect(linesOf(stdout)).toMatchObject([{ commit }, { commit }, { commit }]);
      expect(status(repository)).toBe('');
    });

    it('is one also where other workspaces are named in between', async () => {
      const [repository, other] = [repositoryWith(three), repositoryWith()];
      const paths = [repository.path('a'), other.root, repository.path('b')];
      const map = join(tempDir(), 'ids.tsv');
      writeFileSync(map, paths.map((path) => `${path}\t${id}\n`).join(''));
      const { error } = await runConvert(repository.root, { paths, commit: true, map }, environmentOf(repository));
      expect(error).toBeUndefined();
      expect(lastCommit(repository).slice(-2)).toEqual(['a/nx.json', 'b/nx.json']);
      expect(repository.git('rev-list', '--count', 'HEAD').trim()).toBe('2');
      expect(lastCommit(other).slice(1)).toEqual(['nx.json']);
    });

    it('has those that could be converted, and says what is wrong with the others', async () => {
      const repository = repositoryWith({ ...three, 'b/nx.json': '{' });
      const { stdout } = await convertAll(repository);
      expect(linesOf(stdout)).toMatchObject([
        { status: 'converted', commit: { branch: 'main' } },
        { status: 'failed', commit: null },
        { status: 'converted', commit: { branch: 'main' } },
      ]);
      expect(lastCommit(repository).slice(-2)).toEqual(['a/nx.json', 'c/nx.json']);
      expect(status(repository)).toBe('');
    });

    it('that a hook refuses leaves all of them as they were', async () => {
      const repository = repositoryWith({ ...three, 'c/nx.json': after });
      repository.hook('pre-commit', 'echo not today >&2; exit 1');
      const { stdout } = await convertAll(repository);
      expect(linesOf(stdout)).toMatchObject([
        { status: 'failed', problem: { message: expect.stringContaining('not today') as string } },
        { status: 'failed', commit: null },
        { status: 'already-converted', problem: null },
      ]);
      expect(status(repository)).toBe('');
      expect(repository.read('a/nx.json')).toBe(before);
    });

    it('has what a killed run wrote in some, and what is converted now in the others', async () => {
      const repository = repositoryWith(three);
      repository.write('a/nx.json', after);
      const { error } = await convertAll(repository);
      expect(error).toBeUndefined();
      expect(lastCommit(repository).slice(-3)).toEqual(['a/nx.json', 'b/nx.json', 'c/nx.json']);
    });

    it('has the CI file that they share', async () => {
      const repository = repositoryWith({ ...three, '.github/workflows/ci.yml': workflow });
      const { error } = await convertAll(repository, { patchCi: true });
      expect(error).toBeUndefined();
      expect(lastCommit(repository)).toContain('.github/workflows/ci.yml');
      expect(status(repository)).toBe('');
    });
  });

  it('that a hook refuses leaves the files as they were', async () => {
    const repository = repositoryWith();
    repository.hook('pre-commit', 'echo not today >&2; exit 1');
    const { error } = await convertIn(repository, { commit: true });
    expect(error?.message).toContain('not today');
    expect(repository.read('nx.json')).toBe(before);
    expect(status(repository)).toBe('');
  });

  it('is refused outside of a repository, before anything is written', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'nx.json'), before);
    const { error } = await runConvert(folder, { nxCloudId: id, commit: true });
    expect(error?.message).toBe('. is in no git repository, so there is nothing to commit to.');
    expect(readFileSync(join(folder, 'nx.json'), 'utf8')).toBe(before);
  });
});

describe('the line of a workspace that failed', () => {
  it('says what else was found there: the version of Nx, tokens in other files, CI', async () => {
    const env = `NX_CLOUD_ACCESS_TOKEN=${readWriteToken}\n`;
    const files = {
      'nx.json': before,
      'package.json': oldPackageJson,
      '.env': env,
      '.github/workflows/ci.yml': workflow,
    };
    const repository = repositoryWith(files);
    repository.write('nx.json', `${before}\n`);
    const { stdout } = await convertIn(repository, { json: true, patchCi: true });
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      nx: { version: '18.2.4' },
      files: [],
      elsewhere: [{ file: '.env', line: 1 }],
      ci: [{ path: '.github/workflows/ci.yml', patched: false }],
    });
  });
});

describe('what a killed run has written and not committed', () => {
  it('is committed by the next run, which finds nothing else to do', async () => {
    const repository = repositoryWith({
      'nx.json': before,
      'package.json': oldPackageJson,
      '.github/workflows/ci.yml': workflow,
    });
    await convertIn(repository, { patchCi: true });
    expect(status(repository)).toBe(' M .github/workflows/ci.yml\n M nx.json\n M package.json\n');
    const { error, stdout } = await convertIn(repository, { commit: true, patchCi: true, json: true });
    expect(error).toBeUndefined();
    expect(JSON.parse(stdout)).toMatchObject({ status: 'already-converted', commit: { branch: 'main' } });
    expect(lastCommit(repository).slice(1)).toEqual(['.github/workflows/ci.yml', 'nx.json', 'package.json']);
    expect(status(repository)).toBe('');
  });

  it('is completed where only some of it was written', async () => {
    const repository = repositoryWith({ 'nx.json': before, 'package.json': oldPackageJson });
    await convertIn(repository);
    repository.write('nx.json', before);
    const { error } = await convertIn(repository, { commit: true });
    expect(error).toBeUndefined();
    expect(lastCommit(repository).slice(1)).toEqual(['nx.json', 'package.json']);
    expect(status(repository)).toBe('');
  });

  it('is nobody else’s: a file that differs in anything more is not committed', async () => {
    const repository = repositoryWith();
    repository.write('nx.json', after.replace('// ours', '// mine'));
    const head = repository.git('rev-parse', 'HEAD');
    const { error } = await convertIn(repository, { commit: true });
    expect(error).toBeUndefined();
    expect(repository.git('rev-parse', 'HEAD')).toBe(head);
    expect(status(repository)).toBe(' M nx.json\n');
  });

  it('is not done for --resume with --commit, as long as it is in no commit', async () => {
    const repository = repositoryWith();
    const { stdout } = await convertIn(repository, { json: true });
    const report = join(repository.root, '..', 'report.jsonl');
    writeFileSync(report, stdout);
    const nothing = await runConvert(repository.root, { resume: report, json: true }, environmentOf(repository));
    expect(nothing.stdout).toBe('');
    const committed = await runConvert(
      repository.root,
      { resume: report, commit: true, json: true },
      environmentOf(repository),
    );
    expect(committed.error).toBeUndefined();
    expect(lastCommit(repository).slice(1)).toEqual(['nx.json']);
  });
});

describe('--scan-history', () => {
  it('lists the tokens of all commits, masked', async () => {
    const gone = btoa('99999999-2222-4333-8444-555555555555|read');
    recordToken(gone);
    const repository = repositoryWith({ 'old.txt': gone });
    rmSync(repository.path('old.txt'));
    repository.commit({ 'nx.json': before });
    const { stdout } = await convertIn(repository, { scanHistory: true, json: true });
    expect(existsSync(repository.path('old.txt'))).toBe(false);
    expect(JSON.parse(stdout)).toMatchObject({
      history: {
        commits: 2,
        shallow: false,
        tokens: [
          { path: 'old.txt', line: 1 },
          { path: 'nx.json', line: 3 },
        ],
      },
    });
    const { stderr } = await convertIn(repository, { scanHistory: true });
    expect(stderr).toContain(`The history has the token ${gone.slice(0, 4)}… in 1 commit, first in `);
  });
});

describe('--scan-history, in words', () => {
  const found = /The history has the token \S+… in 1 commit, first in [0-9a-f]{12}, nx\.json:3\./;

  it('has commit, file and line of each token, of one workspace and of several', async () => {
    const [one, other] = [repositoryWith(), repositoryWith()];
    const flags = { dryRun: true, scanHistory: true };
    expect((await convertIn(one, flags)).stderr).toMatch(found);
    const several = { ...flags, paths: [one.root, other.root], map: mapOf(one, other) };
    const fleet = await runConvert(one.root, several, environmentOf(one));
    expect(fleet.stderr.match(new RegExp(found, 'g'))).toHaveLength(2);
  });

  it('says how far it went: over how many commits, and that a shallow clone has no older ones', async () => {
    const whole = repositoryWith({ 'nx.json': after });
    const { stderr } = await convertIn(whole, { scanHistory: true });
    expect(stderr).toContain('The history has no token, in 1 commit.');
    expect(stderr).not.toContain('shallow');
    whole.write('.git/shallow', whole.git('rev-parse', 'HEAD'));
    expect((await convertIn(whole, { scanHistory: true })).stderr).toContain('git fetch --unshallow');
  });

  function mapOf(...repositories: MadeRepository[]): string {
    const file = join(tempDir(), 'ids.tsv');
    writeFileSync(file, repositories.map(({ root }) => `${root}\t${id}\n`).join(''));
    return file;
  }
});
