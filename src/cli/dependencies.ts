import type { CredentialStore, StorageKind } from '../credentials/credential-store.js';
import type { Credentials } from '../credentials/credentials.js';
import type { DeviceFlow, MonotonicClock } from '../device-flow/device-flow.js';
import type { AdministrationClient } from '../rest-client/administration-client.js';
import type { RestClient } from '../rest-client/rest-client.js';
import type { Io } from './io.js';
import type { Prompts } from './prompts.js';
import type { Program } from './run-program.js';

/**
 * All that a command needs from the outside world. What costs time to load is behind a function, so that a command
 * pays only for what it uses.
 */
export interface Dependencies {
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly hostName: () => string;
  readonly restClient: (serverUrl: string) => Promise<RestClient>;
  /** As the person whose personal access token it is. */
  readonly administration: (serverUrl: string, token: string) => Promise<AdministrationClient>;
  readonly deviceFlow: (serverUrl: string) => Promise<DeviceFlow>;
  readonly credentials: () => Promise<Credentials>;
  readonly credentialStore: (kind: StorageKind) => Promise<CredentialStore>;
  readonly prompts: () => Promise<Prompts>;
  /**
   * Asks the desktop to show a page; `onFailure` is called, at once or later, when that comes to nothing. Never throws:
   * the address stands on the screen anyway.
   */
  readonly openBrowser: (url: string, onFailure: (reason: string) => void) => Promise<void>;
  /** See `runProgram`: the program takes over our streams and signals, and its exit code is the answer. */
  readonly runProgram: (program: Program) => Promise<number>;
}

export interface Clock extends MonotonicClock {
  /** The wall clock, for what is kept and shown. */
  date(): Date;
}
