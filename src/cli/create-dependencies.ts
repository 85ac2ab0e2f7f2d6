import { homedir, hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StorageKind } from '../credentials/credential-store.js';
import { cliClientId } from '../protocol/oauth.js';
import type { Http } from '../rest-client/http-over.js';
import type { Clock, Dependencies } from './dependencies.js';
import type { Interrupts } from './interrupts.js';
import { tell, type Io } from './io.js';
import { createPrompts } from './prompts.js';

export interface ProcessValues {
  process: NodeJS.Process;
  io: Io;
  interrupts: Interrupts;
  version: string;
}

/** The real world. Each part is made once, when a command first asks for it. */
export function createDependencies({ process, io, interrupts, version }: ProcessValues): Dependencies {
  const { env, stdin, stdout, stderr, platform } = process;
  const { signal } = interrupts;
  const debugging = (env['NXKEY_DEBUG'] ?? '') !== '';
  const debug = (line: string) => {
    if (debugging) tell(io, io.style.dim(`[nxkey] ${line}`));
  };
  const http = keyed(async (serverUrl: string) => {
    const { createHttp } = await import('../rest-client/http.js');
    return createHttp({ serverUrl, env, userAgent: `nxkey/${version}`, debug });
  });
  const access = createServerAccess({ process, http, signal, interactive: io.interactive });

  return {
    io,
    signal,
    platform,
    clock,
    hostName: hostname,
    ...access,
    administration: async (serverUrl, token) => {
      const { createAdministrationClient } = await import('../rest-client/create-administration-client.js');
      return createAdministrationClient(await http(serverUrl), token, signal);
    },
    deviceFlow: keyed(async (serverUrl) => {
      const { createDeviceFlow } = await import('../device-flow/device-flow.js');
      return createDeviceFlow({ http: await http(serverUrl), clientId: cliClientId });
    }),
    prompts: once(() => createPrompts(io, signal)),
    openBrowser: async (url, onFailure) => {
      const { openBrowser } = await import('./open-browser.js');
      await openBrowser(url, onFailure);
    },
    runProgram: async (program) => {
      const { runProgram } = await import('./run-program.js');
      const onTerminal = [stdin, stdout, stderr].some((stream) => stream.isTTY);
      return runProgram(program, { platform, interrupts, onTerminal });
    },
  };
}

export interface ServerAccessValues {
  process: Pick<NodeJS.Process, 'env' | 'platform' | 'cwd'>;
  http: (serverUrl: string) => Promise<Http>;
  signal?: AbortSignal;
  /** A person can be asked. */
  interactive: boolean;
  /** Milliseconds for each operation of the keychain, where it should not be as long as for a command. */
  keychainDeadlineMs?: number;
}

type ServerAccess = Pick<Dependencies, 'env' | 'cwd' | 'restClient' | 'credentials' | 'credentialStore'>;

/** What it takes to ask a server something as the one who is logged in. */
export function createServerAccess(values: ServerAccessValues): ServerAccess {
  const { process, http, signal, interactive, keychainDeadlineMs } = values;
  const { env, platform } = process;

  const folder = once(async () => {
    const { configFolder } = await import('../credentials/config-folder.js');
    return configFolder({ platform, env, homedir });
  });

  const credentialStore = keyed(async (kind: StorageKind) => {
    if (kind === 'file') {
      const { createFileStore } = await import('../credentials/file-store.js');
      return createFileStore({ folder: await folder(), platform });
    }
    const { createKeychainStore, keychainDeadline } = await import('../credentials/keychain-store.js');
    return createKeychainStore({
      ...keychainProcess,
      ...(signal !== undefined && { signal }),
      deadlineMs: keychainDeadlineMs ?? keychainDeadline({ interactive }),
      platform,
    });
  });

  return {
    env,
    cwd: process.cwd(),
    restClient: keyed(async (serverUrl) => {
      const { createRestClient } = await import('../rest-client/create-rest-client.js');
      return createRestClient(await http(serverUrl), signal);
    }),
    credentialStore,
    credentials: once(async () => {
      const { createCredentials } = await import('../credentials/credentials.js');
      return createCredentials({ folder: await folder(), platform, store: credentialStore });
    }),
  };
}

/** The build puts the keychain's process beside the bundle; from sources (tsx) it is where it was written. */
const keychainProcess = import.meta.url.endsWith('.ts')
  ? { processModule: new URL('../credentials/keychain-process.ts', import.meta.url), execArgv: ['--import', 'tsx'] }
  : { processModule: new URL('./keychain-process.js', import.meta.url) };

const clock: Clock = {
  date: () => new Date(),
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}

function keyed<Key, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
