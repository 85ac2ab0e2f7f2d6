import type { RestClient } from '../rest-client/rest-client.js';
import type { Io } from './io.js';

/**
 * All that a command needs from the outside world. What costs time to load is behind a function, so that a command
 * pays only for what it uses.
 */
export interface Dependencies {
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  restClient(serverUrl: string): Promise<RestClient>;
}
