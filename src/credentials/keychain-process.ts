import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type keytarModule from 'keytar';

type Keytar = typeof keytarModule;

/**
 * The program of the short-lived child process that does one operation on the OS keychain, see keychain-child.ts. It
 * gets one request over IPC, sends one reply and waits to be killed. An entry point: it reads the process, and nothing
 * may import values from it.
 */
export type KeychainRequest =
  | { operation: 'check' }
  | { operation: 'read'; account: string }
  | { operation: 'write'; account: string; token: string }
  | { operation: 'delete'; account: string };

export type KeychainReply =
  /** `token`: the one that was read, or that a `write` replaced. */
  | { outcome: 'done'; token: string | null }
  /** `load`: keytar's native part did not load. `use`: the keychain did not do it. `reason` comes from the system. */
  | { outcome: 'failed'; stage: 'load' | 'use'; reason: string };

const service = 'nxkey';

// The parent has ended, perhaps in the middle of an operation. Where that is stuck in D-Bus, process.exit() would wait
// for it for ever (measured); SIGKILL does not.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; whether an operation is abandoned is the parent's decision.
process.on('SIGINT', () => undefined);

process.once('message', (message) => {
  void answer(asRequest(message)).then((reply) => process.send?.(reply));
});

async function answer(request: KeychainRequest): Promise<KeychainReply> {
  let keytar: Keytar;
  try {
    keytar = (await import('keytar')).default;
  } catch (error) {
    return { outcome: 'failed', stage: 'load', reason: reasonNotLoaded(error) };
  }
  try {
    return { outcome: 'done', token: await perform(request, keytar) };
  } catch (error) {
    const reason = messageOf(error);
    return {
      outcome: 'failed',
      stage: 'use',
      reason: 'token' in request ? reason.replaceAll(request.token, '…') : reason,
    };
  }
}

async function perform(request: KeychainRequest, keytar: Keytar): Promise<string | null> {
  switch (request.operation) {
    case 'check':
      await proveUsable(keytar);
      return null;
    case 'read':
      return lookUp(request.account, keytar);
    case 'write': {
      const replaced = await lookUp(request.account, keytar);
      await keytar.setPassword(service, request.account, request.token);
      if ((await keytar.getPassword(service, request.account)) === request.token) return replaced;
      throw new Error('it does not give back what was stored in it');
    }
    case 'delete':
      await proveUsable(keytar);
      await keytar.deletePassword(service, request.account);
      if ((await keytar.getPassword(service, request.account)) === null) return null;
      throw new Error('the entry is still there after it was deleted');
  }
}

/** `null` when the keychain can be used and has no token. */
async function lookUp(account: string, keytar: Keytar): Promise<string | null> {
  const token = await keytar.getPassword(service, account);
  if (token !== null && token !== '') return token;
  await proveUsable(keytar);
  // The person may just have unlocked it. An empty entry, which other programs can make, holds no token.
  return (await keytar.getPassword(service, account)) || null;
}

/**
 * Stores a worthless entry, reads it and deletes it. Nothing less proves that the keychain can be used: a locked Linux
 * keyring answers a question with `null` and a deletion with `false`, as an open one does that has no such entry.
 */
async function proveUsable(keytar: Keytar): Promise<void> {
  const account = `nxkey-check-${randomUUID()}`;
  await keytar.setPassword(service, account, account);
  const kept = await keytar.getPassword(service, account).catch(() => null);
  const deleted = await keytar.deletePassword(service, account);
  if (kept !== account || !deleted) throw new Error('it does not keep what is stored in it');
}

/** keytar hides why its native part did not load (a missing libsecret, another processor), so it is loaded once more. */
function reasonNotLoaded(error: unknown): string {
  try {
    const require = createRequire(import.meta.url);
    const folder = join(dirname(require.resolve('keytar')), '..', 'prebuilds', `${process.platform}-${process.arch}`);
    require(join(folder, 'keytar.node'));
  } catch (cause) {
    return messageOf(cause);
  }
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asRequest(message: unknown): KeychainRequest {
  if (typeof message === 'object' && message !== null && 'operation' in message) {
    const { operation } = message;
    if (operation === 'check') return { operation };
    if ('account' in message && typeof message.account === 'string') {
      const { account } = message;
      if (operation === 'read' || operation === 'delete') return { operation, account };
      if (operation === 'write' && 'token' in message && typeof message.token === 'string') {
        return { operation, account, token: message.token };
      }
    }
  }
  throw new TypeError('not a request to the keychain process');
}
