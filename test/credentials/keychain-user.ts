import { createKeychainStore } from '../../src/credentials/keychain-store.js';
import { keychainProcess } from './keychain-process.js';

/**
 * A program that uses the keychain, as the command line does: arguments are the deadline in milliseconds, how it ends
 * and the server. `exit` leaves through `process.exit()` after the operation, `return` by having nothing left to do,
 * `exit-midway` through `process.exit()` while the operation goes on, as soon as standard input says so.
 */
const [deadline = '', ending = '', server = ''] = process.argv.slice(2);
const store = createKeychainStore({ ...keychainProcess, deadlineMs: Number(deadline), platform: process.platform });

if (ending === 'exit-midway') process.stdin.once('data', () => process.exit(0));

const result = await store.read(server).then(
  (token) => `token: ${token ?? 'none'}`,
  (error: unknown) => (error instanceof Error ? error.message : 'no error at all'),
);
process.stdout.write(`${result}\n`);
if (ending === 'exit') process.exit(0);
