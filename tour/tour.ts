/**
 * `npm start`: the main job from beginning to end on this machine, with the built programs, in a folder that is gone
 * afterwards. On a terminal the person approves in their own browser; otherwise, and with --yes, the tour does it by
 * submitting the same pages' forms.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chalk from 'chalk';
import { answerDeviceRequest } from './form-client.js';
import { makeNxWorkspace } from './nx-workspace.js';
import { Programs } from './programs.js';

const unattended = process.argv.includes('--yes') || !process.stdin.isTTY || !process.stderr.isTTY;
const folder = await realpath(await mkdtemp(join(tmpdir(), 'nxkey-tour-')));
const programs = new Programs(folder);

/** Ends the server and removes the folder, whatever has happened and however often it is asked. */
async function cleanUp(): Promise<void> {
  await programs.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

try {
  await tour();
} finally {
  await cleanUp();
}

async function tour(): Promise<void> {
  const person = { email: 'ada@acme.example', name: 'Ada Lovelace', password: randomBytes(9).toString('base64url') };

  chapter('1. A server of your own, with a person, an organization and a workspace');
  const serverUrl = await programs.startServer();
  const init = await programs.server(
    [
      'init',
      '--email',
      person.email,
      '--name',
      person.name,
      '--password-stdin',
      '--org',
      'acme',
      '--workspace',
      'shop',
    ],
    { input: person.password, also: ['--preset', 'recommended', '--json'] },
  );
  const { nxCloudId } = JSON.parse(init) as { nxCloudId: string };

  chapter('2. A repository that has its access token in nx.json, as so many have');
  const committedToken = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
  const workspace = await makeNxWorkspace(join(folder, 'shop'), { committedToken, nxCloudUrl: serverUrl });
  console.log(`${workspace}/nx.json holds a token. The server is told about it, so that it knows the workspace by it:`);
  await programs.server(['ci-token', 'import', '--workspace', nxCloudId, '--name', 'committed', '--token-stdin'], {
    input: committedToken,
  });

  chapter('3. The token leaves nx.json, every comment stays');
  await programs.cli(['convert-to-nx-cloud-id', '--dry-run'], { cwd: workspace });
  await programs.cli(['convert-to-nx-cloud-id'], { cwd: workspace });
  console.log('\nNx reads the converted file:');
  await programs.nx(['show', 'projects'], { cwd: workspace });

  chapter('4. Ada logs in with a code that she approves in her browser');
  if (unattended) {
    console.log(
      '(Nobody is at this terminal, so the tour signs in and approves by submitting the forms of the same pages.)',
    );
    await programs.cli(['login', '--storage', 'file'], {
      cwd: workspace,
      onUserCode: async (userCode) => {
        const page = await answerDeviceRequest(serverUrl, { email: person.email, password: person.password }, userCode);
        console.log(`  [browser] ${page.text}`);
      },
    });
  } else {
    console.log(`In the browser, sign in as ${person.email} with the password ${person.password}\n`);
    await programs.cli(['login', '--storage', 'file'], { cwd: workspace, interactive: true });
  }

  chapter('5. Who is she now, and what may she do here?');
  await programs.cli(['status'], { cwd: workspace });

  chapter('That was the tour.');
  console.log('The server and the folder are gone again. For your own repository: see README.md.');
}

function chapter(title: string): void {
  console.log(`\n${chalk.bold(title)}`);
}
