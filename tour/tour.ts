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
import { acceptInvitation, answerDeviceRequest } from './form-client.js';
import { cloneWorkspace, makeNxWorkspace } from './nx-workspace.js';
import { Programs } from './programs.js';

const unattended = process.argv.includes('--yes') || !process.stdin.isTTY || !process.stderr.isTTY;
const folder = await realpath(await mkdtemp(join(tmpdir(), 'nxkey-tour-')));
const programs = new Programs(folder);
const build = ['build', 'hello'];
const logIn = ['login', '--storage', 'file'];

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

  chapter('4. Ada logs in through Nx itself, which gets the program for it from the server; nothing is installed');
  if (unattended) {
    console.log(
      '(Nobody is at this terminal, so the tour signs in and approves by submitting the forms of the same pages.)',
    );
    await programs.nx(logIn, {
      cwd: workspace,
      onUserCode: async (userCode) => {
        const page = await answerDeviceRequest(serverUrl, { email: person.email, password: person.password }, userCode);
        console.log(`  [browser] ${page.text}`);
      },
    });
  } else {
    console.log(`In the browser, sign in as ${person.email} with the password ${person.password}\n`);
    await programs.nx(logIn, { cwd: workspace, interactive: true });
  }

  chapter('5. Who is she now, and what may she do here?');
  await programs.cli(['status'], { cwd: workspace });

  await shareBuilds(workspace);
  await loseAccess(serverUrl, workspace);

  chapter('That was the tour.');
  console.log('The server and the folder are gone again. For your own repository: see README.md.');
}

async function shareBuilds(workspace: string): Promise<void> {
  chapter('6. CI builds, and stores what it has built; people only read (the preset "recommended")');
  const token = await programs.cli(['ci-token', 'create', 'main', '--access', 'read-write'], {
    cwd: workspace,
    printsToken: true,
  });
  const ci = await cloneWorkspace(workspace, join(folder, 'ci'));
  await programs.nx(build, { cwd: ci, secrets: { NX_CLOUD_ACCESS_TOKEN: token } });
  console.log('\nWhat is in the cache now?');
  await programs.cli(['cache', 'stats'], { cwd: workspace });

  console.log('\nAda builds the same: Nx takes it from the remote cache.');
  await programs.nx(build, { cwd: workspace });
}

async function loseAccess(serverUrl: string, workspace: string): Promise<void> {
  chapter('7. Grace joins, and reads from the cache as well');
  const grace = { email: 'grace@acme.example', password: randomBytes(9).toString('base64url') };
  const link = await programs.cli(['member', 'add', grace.email, '--name', 'Grace Hopper', '--org', 'acme'], {
    cwd: workspace,
  });
  await acceptInvitation(link, grace.password);
  const computer = 'computer-of-grace';
  const clone = await cloneWorkspace(workspace, join(folder, computer, 'shop'));
  await programs.nx(logIn, {
    cwd: clone,
    computer,
    onUserCode: async (userCode) => {
      await answerDeviceRequest(serverUrl, grace, userCode);
    },
  });
  await programs.nx(build, { cwd: clone, computer });

  chapter('8. Grace leaves: her very next build gets nothing from the cache, and succeeds all the same');
  await programs.cli(['member', 'remove', grace.email, '--org', 'acme', '--yes'], { cwd: workspace });
  const nextClone = await cloneWorkspace(workspace, join(folder, computer, 'shop-again'));
  await programs.nx(build, { cwd: nextClone, computer });
}

function chapter(title: string): void {
  console.log(`\n${chalk.bold(title)}`);
}
