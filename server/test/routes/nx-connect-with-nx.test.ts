import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { isolatedEnv, run } from '../../../test/support/programs.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** `nx connect`, by the repository's own Nx, in a new clone of a repository at that address. */
async function nxConnect(server: TestServer, remote: string): Promise<{ printed: string; nxJson: unknown }> {
  const root = tempDir();
  const env = isolatedEnv(join(root, '.home'), {
    NX_CLOUD_API: server.url,
    NX_DAEMON: 'false',
    // What opens the link.
    BROWSER: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
  });
  const nxJson = join(root, 'nx.json');
  writeFileSync(nxJson, '{}');
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: '@acme/shop', private: true }));
  symlinkSync(modules, join(root, 'node_modules'));
  for (const args of [
    ['init', '--quiet'],
    ['remote', 'add', 'origin', remote],
  ]) {
    execFileSync('git', args, { cwd: root, env });
  }
  const finished = await run(join(root, 'node_modules/nx/dist/bin/nx.js'), ['connect'], { cwd: root, env });
  const printed = stripVTControlCharacters(finished.stdout + finished.stderr);
  return { printed, nxJson: JSON.parse(readFileSync(nxJson, 'utf8')) };
}

function linkIn(printed: string): string {
  const [link] = /http:\S+\/connect\/\S+/.exec(printed) ?? [];
  if (link === undefined) throw new Error(`no link: ${printed}`);
  return link;
}

it('makes a workspace with unmodified Nx, which its owner claims with the link that Nx prints', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { printed, nxJson } = await nxConnect(server, 'https://gitlab.example/acme/shop.git');
  const link = linkIn(printed);
  const nxCloudId = expect.stringMatching(/^[0-9a-f]{24}$/) as string;
  expect(nxJson).toEqual({ nxCloudUrl: server.url, nxCloudId });

  const ada = new Person(server.url);
  await ada.signIn(server.owner);
  const question = await ada.get(new URL(link).pathname);
  await ada.submit(question, { name: '@acme/shop', organization: 'acme', preset: 'recommended' });
  const { database } = server.services;
  expect(await database.workspaces.findByNxCloudId((nxJson as { nxCloudId: string }).nxCloudId)).toMatchObject({
    workspace: { name: '@acme/shop', anonymousLevel: 'none' },
    organization: { slug: 'acme' },
  });
  expect(server.log()).not.toContain(link.split('/').at(-1));
});

it('leads to the page that makes a workspace, for a clone from GitHub, where Nx makes none', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { printed, nxJson } = await nxConnect(server, 'https://github.com/acme/shop.git');
  expect(linkIn(printed)).toBe(`${server.url}/connect/new`);
  expect(nxJson).toEqual({});
});

it('has Nx print why no workspace is made, and leave nx.json alone', async () => {
  const server = await startTestServer({ nxConnect: false });
  onTestFinished(() => server.close());
  const { printed, nxJson } = await nxConnect(server, 'https://gitlab.example/acme/shop.git');
  expect(printed).toContain('This server makes no workspaces for "nx connect". Ask an owner or admin');
  expect(nxJson).toEqual({});
});
