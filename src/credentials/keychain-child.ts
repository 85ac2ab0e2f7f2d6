import { fork } from 'node:child_process';
import type { KeychainReply, KeychainRequest } from './keychain-process.js';

export interface KeychainChildOptions {
  /** Where the program of the child is: keychain-process.ts from sources, or its bundle. */
  processModule: URL;
  /** Flags for Node itself. */
  execArgv?: readonly string[];
  /** Milliseconds until the child is killed. */
  deadlineMs: number;
  /** Of the child; ours when left out. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Abandons the operation at once. */
  signal?: AbortSignal;
}

export type KeychainAnswer =
  | KeychainReply
  | { outcome: 'unanswered' }
  | { outcome: 'abandoned' }
  /** The process could not be started, or crashed. */
  | { outcome: 'broken'; reason: string };

/**
 * Lets a child process do one keychain operation. Never in this process: while nobody answers an unlock prompt, keytar
 * hangs in D-Bus, and then not even `process.exit()` ends the process (measured). The token passes over IPC; arguments
 * and environment can be seen by others. What libraries print in the child is dropped. When this has answered, the
 * child is killed and nothing of it keeps the event loop alive.
 */
export function askKeychainProcess(request: KeychainRequest, options: KeychainChildOptions): Promise<KeychainAnswer> {
  const { processModule, execArgv = [], deadlineMs, env, signal } = options;
  if (signal?.aborted === true) return Promise.resolve({ outcome: 'abandoned' });

  return new Promise((resolve) => {
    const child = fork(processModule, {
      execArgv: [...execArgv],
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const finish = (answer: KeychainAnswer) => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', abandon);
      child.removeAllListeners();
      // Closing the channel of a process that is just dying may still fail, after the answer.
      child.on('error', () => undefined);
      child.kill('SIGKILL');
      if (child.connected) child.disconnect();
      child.unref();
      resolve(answer);
    };
    const abandon = () => {
      finish({ outcome: 'abandoned' });
    };
    const deadline = setTimeout(() => {
      finish({ outcome: 'unanswered' });
    }, deadlineMs);
    signal?.addEventListener('abort', abandon);

    child.once('message', (message) => {
      finish(asReply(message) ?? { outcome: 'broken', reason: 'its process gave no valid answer' });
    });
    child.once('error', (error) => {
      finish({ outcome: 'broken', reason: error.message });
    });
    child.once('exit', (code, exitSignal) => {
      finish({ outcome: 'broken', reason: `its process ended with ${exitSignal ?? `exit code ${code ?? 0}`}` });
    });
    // A failure to send is followed by `error` or `exit`.
    child.send(request, () => undefined);
  });
}

function asReply(message: unknown): KeychainReply | null {
  if (typeof message !== 'object' || message === null || !('outcome' in message)) return null;
  if (message.outcome === 'done' && 'token' in message) {
    const { token } = message;
    return token === null || typeof token === 'string' ? { outcome: 'done', token } : null;
  }
  if (message.outcome === 'failed' && 'stage' in message && 'reason' in message) {
    const { stage, reason } = message;
    if ((stage === 'load' || stage === 'use') && typeof reason === 'string')
      return { outcome: 'failed', stage, reason };
  }
  return null;
}
