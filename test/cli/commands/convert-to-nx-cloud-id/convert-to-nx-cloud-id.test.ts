import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { AuthenticationRequired, UsageError } from '../../../../src/errors.js';
import { ciToken, idOf, personalToken, readToken, readWriteToken } from '../../../nx-workspace/convert-text.js';
import { json, type AnsweringServer } from '../../../support/answering-server.js';
import { recordToken } from '../../../support/ledger.js';
import { tempDir } from '../../../support/temp-dir.js';
import { runConvert, startTokenServer } from './run-convert.js';

const id = idOf[readWriteToken] ?? '';
const unknownToken = btoa('11111111-2222-4333-8444-555555555555|read-write');
recordToken(unknownToken);

let root: string;
let nxJson: string;
let server: AnsweringServer;

beforeEach(async () => {
  root = tempDir();
  nxJson = join(root, 'nx.json');
  server = await startTokenServer();
});

const topLevel = (token: string) =>
  `{\n  // shared\n  "nxCloudAccessToken": "${token}", // ours\n  "nxCloudUrl": "${server.url}"\n}\n`;
const readBack = () => readFileSync(nxJson, 'utf8');
const tokenRequests = () => server.requests.filter(({ path }) => path === '/api/v1/ci-token');
const toldSteps = (stderr: string) => [...stderr.matchAll(/^ {2}\d+\. (.*)$/gm)].map((match) => match[1]);

describe('converting a workspace', () => {
  it('puts the id of the server in the place of the token, and says what is left to do', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { stdout, stderr, error } = await runConvert(root);
    expect(error).toBeUndefined();
    expect(readBack()).toBe(`{\n  // shared\n  "nxCloudId": "${id}", // ours\n  "nxCloudUrl": "${server.url}"\n}\n`);
    expect(stdout).toBe('');
    expect(stderr).toBe(`nx.json, line 3: the access token NWIw… is replaced by "nxCloudId": "${id}".

Left to do:
  1. Put the token into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and into the environment of its jobs. (It stood in nx.json on line 3; your version control still has it.)
  2. Rotate the token, since it stays in the git history and in every clone: make a new one (npx nxkey ci-token create main --access read-write --workspace ${id}), put that one into the secrets, then revoke the old one (npx nxkey ci-token list --workspace ${id}, then npx nxkey ci-token revoke <id> --workspace ${id}). An admin of the organization can do that.
  3. Turn anonymous access off (npx nxkey workspace set --workspace ${id} --anonymous none): now the nxCloudId alone is enough to read and write the cache.
  4. Log in, and so does everybody who works here:  npx nxkey login ${server.url}
`);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/ci-token',
      `GET /api/v1/workspaces/${id}/access`,
    ]);
    expect(server.requests[1]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['none', undefined],
    ['read-only', 'unless all the world may read the cache'],
    ['read-write', 'now the nxCloudId alone is enough to read and write the cache'],
    ['something new', 'if it is on'],
  ])('says what to do about anonymous access, which is %s', async (level, says) => {
    server.answers[`/api/v1/workspaces/${id}/access`] = json(200, { nxCloudId: id, level, because: 'so it is set' });
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { stderr, error } = await runConvert(root);
    expect(error).toBeUndefined();
    if (says === undefined) expect(stderr).not.toContain('anonymous');
    else expect(stderr).toContain(says);
  });

  it('works from a folder inside, and names nx.json as seen from there', async () => {
    writeFileSync(nxJson, topLevel(ciToken));
    mkdirSync(join(root, 'apps'));
    const { stderr } = await runConvert(join(root, 'apps'));
    expect(stderr).toContain(`${join('..', 'nx.json')}, line 3: the access token nxc_abcd… is replaced`);
  });

  it('takes the workspace that is named, relative to the current folder', async () => {
    writeFileSync(nxJson, topLevel(ciToken));
    const elsewhere = tempDir();
    symlinkSync(root, join(elsewhere, 'web'), 'junction');
    await runConvert(elsewhere, { paths: ['web'] });
    expect(readBack()).toContain(`"nxCloudId": "${idOf[ciToken] ?? ''}"`);
  });

  it('asks the server once for each token that differs', async () => {
    const runners = [readWriteToken, readToken, readWriteToken].map(
      (token, index) => `"${index}": { "options": { "accessToken": "${token}" } }`,
    );
    writeFileSync(nxJson, `{ "tasksRunnerOptions": { ${runners.join(', ')} }, "nxCloudUrl": "${server.url}" }`);
    const { stderr, error } = await runConvert(root);
    expect(error).toBeUndefined();
    expect(tokenRequests()).toHaveLength(2);
    expect(readBack()).not.toContain('accessToken');
    expect(stderr).toContain('Put the tokens into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN');
  });

  it('asks no server with --nx-cloud-id', async () => {
    writeFileSync(nxJson, topLevel(unknownToken));
    const { error, stderr } = await runConvert(root, { nxCloudId: id });
    expect(error).toBeUndefined();
    expect(readBack()).toContain(`"nxCloudId": "${id}"`);
    expect(server.requests).toEqual([]);
    expect(stderr).toContain(`npx nxkey login ${server.url}`);
  });

  it.each([
    ['--server', (url: string) => [{ server: url }, { NX_CLOUD_API: 'https://unused.example' }] as const],
    ['NX_CLOUD_API', (url: string) => [{}, { NX_CLOUD_API: url }] as const],
    ['NRWL_API', (url: string) => [{}, { NRWL_API: url }] as const],
  ])('asks the server of %s rather than that of nx.json', async (_, sources) => {
    writeFileSync(nxJson, topLevel(readWriteToken).replace(server.url, 'https://unused.example'));
    const [flags, env] = sources(server.url);
    const { error } = await runConvert(root, flags, env);
    expect(error).toBeUndefined();
    expect(tokenRequests()).toHaveLength(1);
  });

  it('changes nothing when it runs again', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    await runConvert(root);
    const before = statSync(nxJson);
    const { stderr, error } = await runConvert(root);
    expect(error).toBeUndefined();
    expect(stderr).toBe(`nx.json already has its nxCloudId ${id}; nothing to do.\n`);
    expect(statSync(nxJson)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(tokenRequests()).toHaveLength(1);
  });

  it('says that there is no token, and where an id comes from, and needs no server for that', async () => {
    writeFileSync(nxJson, '{}');
    const { stderr, error } = await runConvert(root, { tokenTo: 'token.txt' });
    expect(error).toBeUndefined();
    expect(stderr).toBe(
      'nx.json has no access token; nothing to convert. To use a cache, put the "nxCloudId" of your workspace into ' +
        'nx.json; the ids are listed by:  npx nxkey workspace list\nSo token.txt was not written.\n',
    );
    expect(existsSync(join(root, 'token.txt'))).toBe(false);
  });

  it('keeps every other byte, also of a file with CRLF and a byte order mark', async () => {
    const text = `\uFEFF${topLevel(readWriteToken).replaceAll('\n', '\r\n')}`;
    writeFileSync(nxJson, text);
    await runConvert(root);
    expect(readFileSync(nxJson)).toEqual(
      Buffer.from(text.replace(`"nxCloudAccessToken": "${readWriteToken}"`, `"nxCloudId": "${id}"`)),
    );
  });

  it.skipIf(process.platform === 'win32')('keeps the permissions of nx.json, and a link a link', async () => {
    const real = join(tempDir(), 'shared.json');
    writeFileSync(real, topLevel(readWriteToken));
    chmodSync(real, 0o640);
    symlinkSync(real, nxJson);
    await runConvert(root);
    expect(readlinkSync(nxJson)).toBe(real);
    expect(readFileSync(real, 'utf8')).toContain('nxCloudId');
    expect(statSync(real).mode & 0o777).toBe(0o640);
  });
});

describe('--token-to', () => {
  it('writes the token to a new file for its owner only', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { stderr } = await runConvert(root, { tokenTo: 'token.txt' });
    const file = join(root, 'token.txt');
    expect(readFileSync(file, 'utf8')).toBe(`${readWriteToken}\n`);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stderr).toContain('(It is in token.txt; delete that file afterwards.)');
  });

  it('refuses a file that is there, and changes nothing', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    writeFileSync(join(root, 'token.txt'), 'mine');
    const { error } = await runConvert(root, { tokenTo: 'token.txt' });
    expect(error?.message).toBe(`${join(root, 'token.txt')} could not be written: it already exists.`);
    expect(readFileSync(join(root, 'token.txt'), 'utf8')).toBe('mine');
    expect(readBack()).toBe(topLevel(readWriteToken));
  });

  it('is not for several tokens, nor is --nx-cloud-id', async () => {
    const text = `{ "nxCloudAccessToken": "${ciToken}",\n"tasksRunnerOptions": { "default": { "options": { "accessToken": "${readToken}" } } } }`;
    writeFileSync(nxJson, text);
    for (const flags of [{ tokenTo: 'token.txt', server: server.url }, { nxCloudId: id }]) {
      const { error } = await runConvert(root, flags);
      expect(error).toBeInstanceOf(UsageError);
      expect(error?.message).toMatch(
        /^nx\.json has 2 different access tokens \(1:25, 2:66\), and --(token-to takes one|nx-cloud-id gives one id)\.$/,
      );
    }
    expect(readBack()).toBe(text);
    expect(existsSync(join(root, 'token.txt'))).toBe(false);
  });

  it('takes one token that stands in two places', async () => {
    writeFileSync(
      nxJson,
      `{ "nxCloudAccessToken": "${ciToken}", "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "accessToken": "${ciToken}" } } } }`,
    );
    await runConvert(root, { tokenTo: 'token.txt', nxCloudId: id });
    expect(readFileSync(join(root, 'token.txt'), 'utf8')).toBe(`${ciToken}\n`);
  });
});

describe('--dry-run', () => {
  it('shows a diff with every token masked, and writes nothing', async () => {
    const text = `// once it was ${readToken}\n${topLevel(readWriteToken)}`;
    writeFileSync(nxJson, text);
    const { stdout, stderr } = await runConvert(root, { dryRun: true, tokenTo: 'token.txt' });
    expect(stdout).toBe(`--- nx.json\tbefore
+++ nx.json\tafter
@@ -1,6 +1,6 @@
 // once it was NmYx…
 {
   // shared
-  "nxCloudAccessToken": "NWIw…", // ours
+  "nxCloudId": "${id}", // ours
   "nxCloudUrl": "${server.url}"
 }
`);
    expect(stderr).toMatch(
      /^nx\.json was not changed \(--dry-run\)\.\nSo token\.txt was not written\.\n\nLeft to do after the conversion:\n {2}1\. /,
    );
    expect(readBack()).toBe(text);
    expect(existsSync(join(root, 'token.txt'))).toBe(false);
  });

  it('masks a token that is written in escapes', async () => {
    writeFileSync(nxJson, `{ "nxCloudAccessToken": "\\u006exc${ciToken.slice(3)}" }`);
    const { stdout } = await runConvert(root, { dryRun: true, nxCloudId: id });
    expect(stdout).toContain('-{ "nxCloudAccessToken": "nxc_abcd…" }\n');
    expect(stdout).not.toContain(ciToken.slice(10));
  });
});

describe('--json', () => {
  it('prints one line on standard output, and nothing for people', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { stdout, stderr } = await runConvert(root, { json: true });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^.+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      workspace: root,
      nxJson,
      status: 'converted',
      nxCloudIds: [id],
      tokens: [
        {
          file: 'nx.json',
          path: ['nxCloudAccessToken'],
          line: 3,
          column: 25,
          kind: 'legacy-ci',
          nxCloudId: id,
          masked: 'NWIw…',
        },
      ],
      nx: null,
      files: ['nx.json'],
      elsewhere: [],
      ci: [],
      history: null,
      rotation: null,
      commit: null,
      nextSteps: expect.arrayContaining([expect.stringContaining('Rotate the token')]) as string[],
      problem: null,
    });
  });

  it.each([
    ['would-convert', () => topLevel(readWriteToken), { dryRun: true }, [id]],
    ['already-converted', () => `{ "nxCloudId": "${id}" }`, {}, [id]],
    ['no-token', () => '{}', {}, []],
  ])('has the status %s', async (status, text, flags, nxCloudIds) => {
    writeFileSync(nxJson, text());
    const { stdout, stderr } = await runConvert(root, { ...flags, json: true });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ status, nxCloudIds });
    expect(readBack()).toBe(text());
  });
});

describe('what is left to do', () => {
  const runner = (name: string, rest = '') =>
    `{ "tasksRunnerOptions": { "default": { ${name}"options": { "accessToken": "${ciToken}" } } }${rest} }`;

  it('is to install nx-cloud for Nx before 19.6, for which the id goes into the runner options', async () => {
    writeFileSync(nxJson, topLevel(ciToken));
    writeFileSync(join(root, 'package.json'), '{\n  "devDependencies": {\n    "nx": "18.2.4"\n  }\n}\n');
    writeFileSync(join(root, 'yarn.lock'), '');
    const { stderr } = await runConvert(root);
    expect(readBack()).toContain(
      `"runner": "nx-cloud",\n      "options": {\n        "nxCloudId": "${idOf[ciToken] ?? ''}"`,
    );
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toBe(
      '{\n  "devDependencies": {\n    "nx": "18.2.4",\n    "nx-cloud": "19.1.0"\n  }\n}\n',
    );
    expect(stderr).toContain('This workspace has Nx 18.2.4 (package.json).');
    expect(toldSteps(stderr)[0]).toBe(
      'Install the package nx-cloud 19.1.0, which Nx before 19.6 needs and package.json lists now:  yarn install  Then commit the lock file, too.',
    );
  });

  it('is to install a newer nx-cloud for Nx before 19.6, where the listed one knows no ids', async () => {
    writeFileSync(nxJson, runner('"runner": "nx-cloud", '));
    const packageJson = (range: string) =>
      `{ "dependencies": { "nx-cloud": "${range}" }, "devDependencies": { "nx": "15.9.7" } }`;
    writeFileSync(join(root, 'package.json'), packageJson('^15.3.5'));
    const { stderr } = await runConvert(root, { server: server.url });
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toBe(packageJson('19.1.0'));
    expect(toldSteps(stderr)[0]).toMatch(/^Install the package nx-cloud 19\.1\.0, .* {2}npm install /);
  });

  it('is to update or remove an nx-cloud that knows no ids, for an Nx that would take it though it needs none', async () => {
    writeFileSync(nxJson, topLevel(ciToken));
    writeFileSync(join(root, 'package.json'), '{ "devDependencies": { "nx": "20.0.0", "nx-cloud": "16.5.2" } }');
    const { stderr } = await runConvert(root, { server: server.url });
    expect(toldSteps(stderr)[0]).toBe(
      'Update the package nx-cloud, or remove it, since this Nx needs none:  npm install --save-dev nx-cloud@19.1.0  Version 16.5.2 knows no ids, and Nx takes it wherever it is installed.',
    );
  });

  it('is to name the server, where nx.json names none and Nx would ask Nx Cloud', async () => {
    writeFileSync(nxJson, `{ "nxCloudAccessToken": "${ciToken}" }`);
    const { stderr } = await runConvert(root, { server: server.url });
    expect(readBack()).toBe(`{ "nxCloudId": "${idOf[ciToken] ?? ''}" }`);
    expect(toldSteps(stderr)[0]).toBe(
      `Put "nxCloudUrl": "${server.url}" beside the id, unless NX_CLOUD_API is set wherever Nx runs: nx.json names no server, and without one Nx asks Nx Cloud.`,
    );
  });

  it('is an upgrade of such an Nx, or moving the id, where the id cannot be put into the runner options', async () => {
    writeFileSync(nxJson, `{ "extends": "./base.json", "nxCloudAccessToken": "${ciToken}" }`);
    writeFileSync(join(root, 'base.json'), '{ "tasksRunnerOptions": { "default": { "runner": "./ours" } } }');
    writeFileSync(join(root, 'package.json'), '{ "devDependencies": { "nx": "^18.0.0", "nx-cloud": "18.0.0" } }');
    const { stderr } = await runConvert(root, { server: server.url });
    expect(toldSteps(stderr)[0]).toBe(
      'Upgrade Nx to 19.6 or later, or move the id (nx.json, line 1): this workspace has Nx ^18.0.0, which reads an nxCloudId only from tasksRunnerOptions.default.options, with "runner": "nx-cloud".',
    );
  });

  it('is to install nx-cloud before 19.6, where nobody knows which Nx it is', async () => {
    writeFileSync(nxJson, runner('"runner": "@nrwl/nx-cloud", '));
    const { stderr } = await runConvert(root, { server: server.url });
    expect(toldSteps(stderr)[0]).toMatch(/^Before Nx 19\.6 install the runner .*: {2}npm install --save-dev nx-cloud$/);
  });

  it.each([
    ['that lists it', { nx: '16.0.0', 'nx-cloud': '19.1.0' }],
    ['whose Nx needs it no more', { nx: '20.0.0' }],
  ])('is not to install nx-cloud for a workspace %s', async (_, devDependencies) => {
    writeFileSync(nxJson, runner('"runner": "nx-cloud", '));
    writeFileSync(join(root, 'package.json'), JSON.stringify({ devDependencies }));
    const { stderr } = await runConvert(root, { server: server.url });
    expect(toldSteps(stderr).filter((step) => /package|runner/.test(step ?? ''))).toEqual([]);
  });

  it.each(['', '"runner": "./ours", '])(
    'is to name the runner nx-cloud, where there is %j: Nx takes an id only there',
    async (name) => {
      writeFileSync(nxJson, runner(name));
      const { stderr } = await runConvert(root, { server: server.url });
      expect(toldSteps(stderr)[0]).toMatch(
        /^Set "runner": "nx-cloud" for tasksRunnerOptions\.default \(nx\.json, line 1\)/,
      );
    },
  );

  it('takes tokens of the file that nx.json extends along, which is written before nx.json', async () => {
    writeFileSync(nxJson, `{ "extends": "./nx.base.json", "nxCloudUrl": "${server.url}" }`);
    writeFileSync(join(root, 'nx.base.json'), `{ "nxCloudAccessToken": "${ciToken}" }`);
    const { stderr } = await runConvert(root);
    expect(readFileSync(join(root, 'nx.base.json'), 'utf8')).toBe(`{ "nxCloudId": "${idOf[ciToken] ?? ''}" }`);
    expect(stderr).toContain('nx.base.json, line 1: the access token nxc_abcd… is replaced');
    expect(stderr).toContain('(It stood in nx.base.json on line 1; your version control still has it.)');
    const again = await runConvert(root, { json: true });
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'already-converted', nxCloudIds: [idOf[ciToken]] });
  });

  it('is to empty nx-cloud.env, also when there is nothing to convert', async () => {
    writeFileSync(nxJson, '{}');
    writeFileSync(join(root, 'nx-cloud.env'), `NX_CLOUD_AUTH_TOKEN=${readToken}\n`);
    const { stderr } = await runConvert(root);
    expect(toldSteps(stderr)).toEqual([
      expect.stringMatching(/^Take NX_CLOUD_AUTH_TOKEN out of nx-cloud\.env \(line 1\)/),
    ]);
  });

  it('is to look at lines that still have a token on them', async () => {
    writeFileSync(nxJson, `// ${readToken}\n${topLevel(readWriteToken)}// ${personalToken} ${readToken}`);
    const { stderr } = await runConvert(root);
    expect(toldSteps(stderr)[0]).toMatch(/^Look at nx\.json, lines 1, 7: there is more that has the form of a token\./);
  });
});

describe('what cannot be done is said, and nx.json stays as it was', () => {
  it('when there is no workspace', async () => {
    const { error } = await runConvert(root);
    expect(error?.message).toBe(`There is no Nx workspace here: no nx.json in ${root}, nor in any folder above.`);
    const named = await runConvert(root, { paths: ['nowhere'] });
    expect(named.error?.message).toMatch(/nowhere is no Nx workspace: there is no nx\.json in it\.$/);
  });

  it('when no server is given', async () => {
    writeFileSync(nxJson, `{ "nxCloudAccessToken": "${ciToken}" }`);
    const { error } = await runConvert(root);
    expect(error).toBeInstanceOf(UsageError);
    expect(error?.remedy).toContain('NX_CLOUD_API');
  });

  it('when the server does not know the token, which is no matter of logging in', async () => {
    writeFileSync(nxJson, topLevel(unknownToken));
    const { error } = await runConvert(root, { tokenTo: 'token.txt' });
    expect(error).not.toBeInstanceOf(AuthenticationRequired);
    expect(error?.message).toBe(
      `nx.json:3:25: nx.json was not changed: ${server.url} does not know the access token MTEx…, or no longer.`,
    );
    expect(error?.remedy).toBe(
      'Import it (npx nxkey ci-token import --name nx.json --token-stdin --workspace <nxCloudId>), or name the server that knows it: --server <url>\n' +
        'If you know the id of the workspace, no server is needed: --nx-cloud-id <id>, and --map <file> for several',
    );
    expect(readBack()).toBe(topLevel(unknownToken));
    expect(existsSync(join(root, 'token.txt'))).toBe(false);
  });

  it('when one of two tokens is unknown', async () => {
    const text = `{ "nxCloudAccessToken": "${ciToken}", "tasksRunnerOptions": { "default": { "options": { "accessToken": "${unknownToken}" } } } }`;
    writeFileSync(nxJson, text);
    const { error } = await runConvert(root, { server: server.url });
    expect(error?.message).toContain('does not know the access token MTEx…');
    expect(readBack()).toBe(text);
  });

  it.each([
    ['answers with a page', '/html'],
    ['is another program', '/nothing'],
    ['answers with an id that Nx would not take', '/odd'],
  ])('when the server %s', async (_, path) => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { error } = await runConvert(root, { server: server.url + path });
    expect(error?.message).toMatch(
      /^nx\.json:3:25: nx\.json was not changed: the server could not be asked whose access token it is\. ./,
    );
    expect(error?.remedy).toContain('--nx-cloud-id <id>');
    expect(readBack()).toBe(topLevel(readWriteToken));
  });

  it('when nobody answers', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const { error } = await runConvert(root, { server: 'http://127.0.0.1:1' });
    expect(error?.message).toMatch(/^nx\.json:3:25: nx\.json was not changed: the server could not be asked/);
    expect(readBack()).toBe(topLevel(readWriteToken));
  });

  it('when somebody else changes nx.json while the server is asked', async () => {
    writeFileSync(nxJson, topLevel(readWriteToken));
    const answer = server.answers['/api/v1/ci-token'];
    server.answers['/api/v1/ci-token'] = (request, response) => {
      writeFileSync(nxJson, '{ "parallel": 9 }');
      answer?.(request, response);
    };
    const { error } = await runConvert(root, { tokenTo: 'token.txt' });
    expect(error?.message).toBe(`${nxJson} was changed by somebody else in the meantime, so it was left alone.`);
    expect(readBack()).toBe('{ "parallel": 9 }');
    expect(existsSync(join(root, 'token.txt'))).toBe(false);
  });

  it.each([
    [
      'it is not valid JSON',
      '{ "nxCloudAccessToken": ',
      'nx.json:1:25: this is not valid JSON: a value is missing here.',
    ],
    [
      'a personal token stands in it',
      `{ "nxCloudAccessToken": "${personalToken}" }`,
      'nx.json:1:25: "nxCloudAccessToken" holds a personal access token',
    ],
  ])('when %s', async (_, text, message) => {
    writeFileSync(nxJson, text);
    const { error } = await runConvert(root, { nxCloudId: id });
    expect(error?.message).toContain(message);
    expect(readBack()).toBe(text);
  });

  it('when it is not UTF-8', async () => {
    const bytes = Buffer.from(`{ "by": "Andr\xe9", "nxCloudAccessToken": "${ciToken}" }`, 'latin1');
    writeFileSync(nxJson, bytes);
    const { error } = await runConvert(root, { nxCloudId: id });
    expect(error?.message).toBe(`${nxJson} is not valid UTF-8, so it was left alone.`);
    expect(readFileSync(nxJson)).toEqual(bytes);
  });
});
