import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ownBusName, type SilentBusName } from './silent-bus-name.js';

/**
 * A D-Bus session of the test's own, with a home folder of its own: the keyring of the machine is never touched. The
 * session ends with `stop`, and with the test process however that ends.
 */
export interface Session {
  /** The whole environment for programs in the session. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

export interface Keyring extends Session {
  /** Locks it. Nobody is there to be asked for the password, so it stays locked, and an attempt to unlock it fails. */
  lock(): void;
  /** How many entries it holds whose attribute `service` is this. */
  count(service: string): number;
  /** Lets unlock prompts appear and wait: from now on an attempt to unlock the keyring gets no answer. */
  ignorePrompts(): Promise<void>;
}

const programs = ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon'];

/** For `describeWith`. */
export const keyringPart = {
  name: 'a Linux keyring (gnome-keyring, D-Bus, libsecret)',
  present: process.platform === 'linux' && programs.every(isInstalled) && libsecretLoads(),
  install: 'sudo apt-get install libsecret-1-0 gnome-keyring dbus dbus-daemon',
};

/** A real gnome-keyring, empty and unlocked. */
export async function startKeyring(): Promise<Keyring> {
  const session = await startSession();
  // Without --foreground it would leave the session's process group and outlive it.
  const daemon = spawn('gnome-keyring-daemon', ['--unlock', '--components=secrets', '--foreground'], {
    env: session.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  daemon.stdin.end('the password of the test keyring');
  await untilOwned('org.freedesktop.secrets', session.env);
  const owned: SilentBusName[] = [];
  return {
    env: session.env,
    lock: () => {
      const collection = '/org/freedesktop/secrets/collection/login';
      const method = 'org.freedesktop.Secret.Service.Lock';
      dbusSend(
        session.env,
        'org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        method,
        `array:objpath:${collection}`,
      );
    },
    count: (service) => {
      const method = 'org.freedesktop.Secret.Service.SearchItems';
      const attributes = `dict:string:string:service,${service}`;
      return (
        dbusSend(session.env, 'org.freedesktop.secrets', '/org/freedesktop/secrets', method, attributes).split(
          'object path',
        ).length - 1
      );
    },
    ignorePrompts: async () => {
      owned.push(await ownBusName('org.gnome.keyring.SystemPrompter', session.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''));
    },
    stop: async () => {
      for (const name of owned) name.release();
      await ended(daemon);
      await session.stop();
    },
  };
}

export interface SilentSecretService extends Session {
  /** Resolves when a program has asked it for something, and so waits for the answer that never comes. */
  asked(): Promise<void>;
}

/** A session whose Secret Service takes every request and answers none. */
export async function startSilentSecretService(): Promise<SilentSecretService> {
  const session = await startSession();
  const name = await ownBusName('org.freedesktop.secrets', session.env['DBUS_SESSION_BUS_ADDRESS'] ?? '');
  return {
    env: session.env,
    asked: () => name.received('/org/freedesktop/secrets\0'),
    stop: async () => {
      name.release();
      await session.stop();
    },
  };
}

/** A D-Bus session in which nobody offers a Secret Service, as on a server. */
export async function startSession(): Promise<Session> {
  const folder = temporaryHome();
  const configuration = join(folder, 'bus.conf');
  writeFileSync(configuration, busConfiguration(folder));
  // `cat` ends when our end of its standard input is closed, also by our death, and the session ends with it.
  const run = ['--config-file', configuration, '--', 'sh', '-c', 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat'];
  const session = spawn('dbus-run-session', run, { env: homeEnv(folder), stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface(session.stdout);
  const address = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => {
      reject(new Error('dbus-run-session ended at once'));
    });
    session.once('error', reject);
  });
  return {
    env: { ...homeEnv(folder), DBUS_SESSION_BUS_ADDRESS: address },
    stop: async () => {
      session.stdin.end();
      if (session.exitCode === null) await once(session, 'exit');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The environment of a machine without D-Bus, as of a container. */
export function noDbusEnv(): Session {
  const folder = temporaryHome();
  return {
    env: homeEnv(folder),
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/**
 * The environment of a machine without libsecret: a file that is no library stands where the loader looks for it
 * first, so that loading keytar fails for real, and at the same place.
 */
export function noLibsecretEnv(): Session {
  const session = noDbusEnv();
  const libraries = join(session.env['HOME'] ?? '', 'lib');
  mkdirSync(libraries);
  writeFileSync(join(libraries, 'libsecret-1.so.0'), '');
  return { ...session, env: { ...session.env, LD_LIBRARY_PATH: libraries } };
}

function temporaryHome(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nxkey-session-')));
  chmodSync(folder, 0o700);
  return folder;
}

function homeEnv(folder: string): Record<string, string> {
  const { PATH = '' } = process.env;
  return {
    PATH,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_DATA_HOME: join(folder, '.local', 'share'),
    XDG_CACHE_HOME: join(folder, '.cache'),
  };
}

/** As the system's session bus, but with no service that it would start by itself. */
function busConfiguration(folder: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, 'bus-socket')}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}

async function untilOwned(name: string, env: Record<string, string>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (
    !dbusSend(env, 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner', `string:${name}`).includes('true')
  ) {
    if (performance.now() > deadline) throw new Error(`${name} did not appear on the session bus`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function dbusSend(
  env: Record<string, string>,
  destination: string,
  path: string,
  method: string,
  argument: string,
): string {
  const args = ['--session', '--print-reply', `--dest=${destination}`, path, method, argument];
  const send = () => spawnSync('dbus-send', args, { env, encoding: 'utf8' });
  let answer = send();
  // Seen once on a busy machine: the keyring denies a method that it has, and has it a moment later.
  for (let again = 0; again < 10 && answer.stderr.includes('UnknownMethod'); again++) answer = send();
  const { status, stdout, stderr } = answer;
  if (status !== 0) throw new Error(`dbus-send ${method} failed: ${stderr}`);
  return stdout;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function libsecretLoads(): boolean {
  return spawnSync(process.execPath, ['-e', "require('keytar')"], { cwd: import.meta.dirname }).status === 0;
}
