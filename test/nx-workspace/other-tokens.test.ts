import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { findTokensElsewhere, tokensIn } from '../../src/nx-workspace/other-tokens.js';
import { recordOutput } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { ciToken, personalToken, readToken, readWriteToken } from './convert-text.js';

const masked = 'NWIw…';

describe('a token in a file', () => {
  it.each([
    ['.env', `NX_CLOUD_ACCESS_TOKEN=${readWriteToken}`, 1, 23],
    ['.env in quotes', `\nexport NX_CLOUD_AUTH_TOKEN = "${readWriteToken}" # ours`, 2, 31],
    ['YAML', `env:\n  NX_CLOUD_ACCESS_TOKEN: '${readWriteToken}'`, 2, 27],
    ['YAML of Kubernetes and Bitbucket', `- name: NX_CLOUD_ACCESS_TOKEN\r\n  value: ${readWriteToken}`, 2, 10],
    ['JSON', `{ "NX_CLOUD_ACCESS_TOKEN": "${readWriteToken}" }`, 1, 29],
    ['a script', `{ "ci": "NX_CLOUD_ACCESS_TOKEN=${readWriteToken} nx build" }`, 1, 32],
    ['a quoted script', `{ "ci": "NX_CLOUD_ACCESS_TOKEN=\\"${readWriteToken}\\" nx build" }`, 1, 34],
    ['a Dockerfile', `ENV NX_CLOUD_ACCESS_TOKEN ${readWriteToken}`, 1, 27],
    ['a Dockerfile, the other way', `ARG NX_CLOUD_ACCESS_TOKEN=${readWriteToken}`, 1, 27],
    ['a Jenkinsfile', `environment { NX_CLOUD_ACCESS_TOKEN = '${readWriteToken}' }`, 1, 40],
  ])('is told with its variable, line and column: %s', (_, text, line, column) => {
    const [found, ...others] = tokensIn(text, 'f');
    expect(others).toEqual([]);
    expect(found).toEqual({
      file: 'f',
      line,
      column,
      masked,
      what: 'variable',
      name: expect.stringMatching(/^NX_CLOUD_/) as string,
    });
    recordOutput('found token', JSON.stringify(found));
  });

  it('is told by its form where no variable is', () => {
    expect(
      tokensIn(`run: nx login --token ${ciToken}\n# was ${readToken}, ${personalToken}`, '.circleci/config.yml'),
    ).toEqual([
      { file: '.circleci/config.yml', line: 1, column: 23, masked: 'nxc_abcd…', what: 'token' },
      { file: '.circleci/config.yml', line: 2, column: 7, masked: 'NmYx…', what: 'token' },
      { file: '.circleci/config.yml', line: 2, column: 65, masked: 'nxp_abcd…', what: 'token' },
    ]);
  });

  it('need not have a form that is known, if it is given to the variable', () => {
    expect(tokensIn('NX_CLOUD_ACCESS_TOKEN=some-other-secret-of-ours', 'f')).toMatchObject([{ masked: 'some…' }]);
  });

  it.each([
    'NX_CLOUD_ACCESS_TOKEN=',
    'NX_CLOUD_ACCESS_TOKEN: ${{ secrets.NX_CLOUD_ACCESS_TOKEN }}',
    'NX_CLOUD_ACCESS_TOKEN: $(NX_CLOUD_ACCESS_TOKEN)',
    'NX_CLOUD_ACCESS_TOKEN=$NX_CLOUD_ACCESS_TOKEN nx build',
    'NX_CLOUD_ACCESS_TOKEN="${NX_CLOUD_ACCESS_TOKEN}"',
    'set NX_CLOUD_ACCESS_TOKEN=%NX_CLOUD_ACCESS_TOKEN%',
    "NX_CLOUD_ACCESS_TOKEN = credentials('nx-cloud-access-token')",
    'NX_CLOUD_ACCESS_TOKEN: <your token, from the settings>',
    'NX_CLOUD_ACCESS_TOKEN: changeme',
    'The NX_CLOUD_ACCESS_TOKEN environment-variable-of-nx is set',
    'MY_NX_CLOUD_ACCESS_TOKEN=some-other-secret-of-ours',
    'ARG NX_CLOUD_ACCESS_TOKEN\nRUN --mount=type=secret,id=token npx nx build',
  ])('is not seen in %j', (text) => {
    expect(tokensIn(text, 'f')).toEqual([]);
  });
});

/** A workspace in which each of these files has a token. */
function workspaceWith(...files: string[]): string {
  const root = tempDir();
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), `x ${ciToken}`);
  }
  return root;
}

describe('the files of a workspace', () => {
  it('that are known to carry tokens are read, and no others', async () => {
    const files = [
      '.circleci/config.yml',
      '.env',
      '.env.local',
      '.envrc',
      '.github/workflows/ci.yml',
      '.github/workflows/release.yaml',
      '.gitlab-ci.yml',
      '.local.env',
      'Dockerfile',
      'Dockerfile.ci',
      'Jenkinsfile',
      'Jenkinsfile.nightly',
      'api.dockerfile',
      'azure-pipelines.yml',
      'bitbucket-pipelines.yml',
      'compose.yaml',
      'docker-compose.ci.yml',
      'nx-cloud.env',
      'package.json',
    ];
    const root = workspaceWith(
      ...files,
      'README.md',
      'apps/shop/.env',
      'node_modules/x/.env',
      '.github/workflows/notes.md',
    );
    const { tokens, unread } = await findTokensElsewhere(root);
    expect(tokens.map(({ file }) => file)).toEqual(files);
    expect(unread).toEqual([]);
  });

  it('may be none', async () => {
    await expect(findTokensElsewhere(tempDir())).resolves.toEqual({ tokens: [], unread: [] });
  });

  it('are not read where a link leads out of the workspace, which is said', async () => {
    const outside = workspaceWith('secret', 'workflows/ci.yml');
    const root = workspaceWith('.env.real');
    symlinkSync(join(outside, 'secret'), join(root, '.env'));
    symlinkSync(join(root, '.env.real'), join(root, '.env.link'));
    mkdirSync(join(root, '.github'));
    symlinkSync(join(outside, 'workflows'), join(root, '.github', 'workflows'));
    symlinkSync(join(root, 'nowhere'), join(root, '.env.broken'));
    const { tokens, unread } = await findTokensElsewhere(root);
    expect(tokens.map(({ file }) => file)).toEqual(['.env.link', '.env.real']);
    const reason = 'it is outside of the workspace, or a link to there';
    expect(unread).toEqual([
      { file: '.env', reason },
      { file: '.github/workflows/ci.yml', reason },
    ]);
  });

  it('are not read when they are too large, or a pipe or a folder', async () => {
    const root = workspaceWith('.env');
    writeFileSync(join(root, '.env.big'), Buffer.alloc(1024 * 1024 + 1, ciToken));
    mkdirSync(join(root, '.env.d'));
    execFileSync('mkfifo', [join(root, '.env.pipe')]);
    const { tokens, unread } = await findTokensElsewhere(root);
    expect(tokens.map(({ file }) => file)).toEqual(['.env']);
    expect(unread).toEqual([{ file: '.env.big', reason: 'it is larger than 1 MiB' }]);
  });

  it('are named when they cannot be read, and the others are read', async () => {
    const root = workspaceWith('.env');
    symlinkSync('.env.circle', join(root, '.env.circle'));
    const { tokens, unread } = await findTokensElsewhere(root);
    expect(tokens.map(({ file }) => file)).toEqual(['.env']);
    expect(unread).toEqual([{ file: '.env.circle', reason: 'it could not be read (ELOOP)' }]);
  });

  it('that nx.json extends are read behind the first, which is converted itself', async () => {
    const root = workspaceWith();
    const base = (name: string, extended: string) => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), `{ "extends": "${extended}", "nxCloudAccessToken": "${ciToken}" }`);
    };
    base('config/base.json', './more.json');
    base('config/more.json', '@acme/nx/preset.json');
    base('node_modules/@acme/nx/preset.json', '../../../config/base');
    const { tokens } = await findTokensElsewhere(root, parseNxJson('{ "extends": "./config/base.json" }'));
    expect(tokens.map(({ file }) => file)).toEqual(['config/more.json', 'node_modules/@acme/nx/preset.json']);
  });
});
