import { Cancelled } from '../errors.js';
import type { CredentialStore } from './credential-store.js';
import { askKeychainProcess, type KeychainChildOptions } from './keychain-child.js';
import { keychainFailure } from './keychain-failure.js';
import type { KeychainRequest } from './keychain-process.js';

export interface KeychainStoreOptions extends KeychainChildOptions {
  platform: NodeJS.Platform;
}

/**
 * The keychain of the operating system: Keychain on macOS, Credential Manager on Windows, the Secret Service
 * (gnome-keyring, KWallet) on Linux. An entry's service is `nxkey`, its account the server's URL. Each operation is one
 * child process and ends by `deadlineMs`, also where nobody answers the keychain's unlock prompt.
 */
export function createKeychainStore(options: KeychainStoreOptions): CredentialStore {
  async function ask(request: KeychainRequest): Promise<string | null> {
    const answer = await askKeychainProcess(request, options);
    if (answer.outcome === 'done') return answer.token;
    if (answer.outcome === 'abandoned') throw new Cancelled();
    throw keychainFailure(answer, options.platform, options.deadlineMs);
  }

  return {
    kind: 'keychain',
    place: 'the OS keychain',
    async check() {
      await ask({ operation: 'check' });
    },
    read: (serverUrl) => ask({ operation: 'read', account: serverUrl }),
    write: (serverUrl, token) => ask({ operation: 'write', account: serverUrl, token }),
    async delete(serverUrl) {
      await ask({ operation: 'delete', account: serverUrl });
    },
  };
}

/** Milliseconds for `deadlineMs`: with a person at hand the keychain may ask for its password, and typing takes time. */
export function keychainDeadline({ interactive }: { interactive: boolean }): number {
  return interactive ? 60_000 : 5_000;
}
