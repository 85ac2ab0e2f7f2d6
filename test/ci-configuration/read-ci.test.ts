import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCi } from '../../src/ci-configuration/read-ci.js';
import { tempDir } from '../support/temp-dir.js';
import { fixture } from './advise.js';

function repository(files: Record<string, string | Buffer>): string {
  const root = tempDir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const workflow = 'on: push\njobs:\n  build:\n    runs-on: x\n    steps:\n      - run: npm run build\n';

describe('reading the CI files of a repository', () => {
  it('finds those of every system, with what they point to', async () => {
    const root = repository({
      'package.json': JSON.stringify({ scripts: { build: 'nx build' } }),
      '.github/workflows/ci.yml': workflow,
      '.github/workflows/notes.txt': 'npx nx build',
      '.github/dependabot.yml': 'version: 2\n',
      '.gitlab-ci.yml': fixture('gitlab/gitlab-ci.yml'),
      'ci/nx.yml': fixture('gitlab/nx.yml'),
      'azure-pipelines.yml': 'steps:\n- template: ci/steps.yml\n',
      'ci/steps.yml': 'steps:\n- script: npx nx build\n',
      'bitbucket-pipelines.yml': fixture('others/bitbucket-pipelines.yml'),
      '.circleci/config.yml': fixture('others/circleci.yml'),
      Jenkinsfile: fixture('others/Jenkinsfile'),
      Dockerfile: fixture('others/Dockerfile'),
      'docker-compose.yml': 'services: {}\n',
      'pnpm-lock.yaml': 'lockfileVersion: 9\n',
    });
    const files = await readCi(root);
    expect(files.map(({ path, system, patched }) => [path, system, patched !== undefined])).toEqual([
      ['.circleci/config.yml', 'CircleCI', false],
      ['.github/workflows/ci.yml', 'GitHub Actions', true],
      ['.gitlab-ci.yml', 'GitLab CI/CD', true],
      ['Dockerfile', 'Docker', false],
      ['Jenkinsfile', 'Jenkins', false],
      ['azure-pipelines.yml', 'Azure Pipelines', false],
      ['bitbucket-pipelines.yml', 'Bitbucket Pipelines', false],
      ['ci/nx.yml', 'GitLab CI/CD', true],
      ['ci/steps.yml', 'Azure Pipelines', true],
    ]);
    expect(files[1]?.before.toString()).toBe(workflow);
  });

  it('looks into local actions, and says nothing of them by themselves', async () => {
    const root = repository({
      '.github/workflows/ci.yml': workflow.replace('run: npm run build', 'uses: ./tools/setup'),
      'tools/setup/action.yaml': 'runs:\n  using: composite\n  steps:\n    - uses: ./tools/inner/\n',
      'tools/inner/action.yml': 'runs:\n  using: composite\n  steps:\n    - run: npx nx build\n      shell: bash\n',
    });
    const files = await readCi(root);
    expect(files).toMatchObject([
      { path: '.github/workflows/ci.yml', jobs: [{ name: 'build', state: 'needs-token' }] },
    ]);
  });

  it('takes the scripts of the workspace and the default branch of the clone', async () => {
    const root = repository({
      'web/package.json': JSON.stringify({ scripts: { build: 'nx build' } }),
      'web/Dockerfile': 'FROM node\nRUN npm run build\n',
      'azure-pipelines.yml': 'steps:\n- script: npm run build\n',
      '.git/refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/release/next\n',
    });
    expect(await readCi(root)).toMatchObject([{ jobs: [{ state: 'no-nx' }] }]);
    const files = await readCi(root, { workspaceRoot: join(root, 'web') });
    expect(files).toMatchObject([
      { jobs: [{ state: 'needs-token' }] },
      { path: 'web/Dockerfile', jobs: [{ nxLine: 2 }] },
    ]);
    expect(files[0]?.patched).toContain("'refs/heads/release/next'");
  });

  it('gives nothing where there is no CI, no folder, or a package.json that is none', async () => {
    expect(await readCi(repository({ 'nx.json': '{}', 'pnpm-workspace.yaml': 'packages: []\n' }))).toEqual([]);
    expect(await readCi(join(tempDir(), 'gone'))).toEqual([]);
    const root = repository({ 'package.json': '[{', '.github/workflows/ci.yml': workflow });
    expect(await readCi(root)).toMatchObject([{ jobs: [{ state: 'no-nx' }] }]);
  });
});

describe('a file that cannot be used', () => {
  it('is named when it is not UTF-8, or of an unreasonable size', async () => {
    const root = repository({ '.github/workflows/latin.yml': Buffer.from([0x23, 0xe9, 0x0a]), Jenkinsfile: '' });
    truncateSync(join(root, 'Jenkinsfile'), 9 * 1024 * 1024);
    const [latin, jenkinsfile] = await readCi(root);
    expect(latin?.untouched).toContain('.github/workflows/latin.yml is not valid UTF-8, so it was left alone.');
    expect(jenkinsfile?.untouched).toContain('Jenkinsfile is larger than 1 MiB, so it was left alone.');
  });

  it('is passed over when it is no file, a link to nowhere, or one that leads out of the repository', async () => {
    const outside = repository({ 'ci.yml': workflow.replace('npm run build', 'npx nx build') });
    const root = repository({
      '.github/workflows/folder.yml/x': '',
      '.gitlab-ci.yml': 'include: [../../ci.yml, /../x.yml]\n',
    });
    const folder = join(root, '.github/workflows');
    symlinkSync(join(outside, 'ci.yml'), join(folder, 'outside.yml'));
    symlinkSync('nowhere.yml', join(folder, 'broken.yml'));
    symlinkSync('circle.yml', join(folder, 'circle.yml'));
    // Opening it would wait for somebody to write.
    execFileSync('mkfifo', [join(folder, 'pipe.yml')]);
    expect((await readCi(root)).map(({ path }) => path)).toEqual(['.gitlab-ci.yml']);
  });

  it('is passed over when a folder on its way leads out of the repository', async () => {
    const outside = repository({ '.github/workflows/ci.yml': workflow.replace('npm run build', 'npx nx build') });
    const root = repository({ 'nx.json': '{}' });
    symlinkSync(join(outside, '.github'), join(root, '.github'));
    expect(await readCi(root)).toEqual([]);
  });

  it('is read through a link that stays inside', async () => {
    const root = repository({ 'ci/real.yml': workflow, '.github/workflows/x': '' });
    symlinkSync('../../ci/real.yml', join(root, '.github/workflows/ci.yml'));
    expect(await readCi(root)).toMatchObject([{ path: '.github/workflows/ci.yml', jobs: [{ name: 'build' }] }]);
  });
});
