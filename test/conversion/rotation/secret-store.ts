import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { recordToken } from '../../support/ledger.js';
import { tempDir } from '../../support/temp-dir.js';

const program = fileURLToPath(new URL('./fixtures/store-secret.mjs', import.meta.url));

/** What the program got, as it wrote it down. */
export interface Stored {
  token: string;
  rest: string[];
  env: Record<string, string>;
  cwd: string;
  /** Its own, and those of what it has started. */
  pids: number[];
}

/** The secret store of a CI, in a folder, and the command that puts tokens into it. */
export interface SecretStore {
  /** @param how see fixtures/store-secret.mjs; @param rest more arguments */
  words(how: string, name: string, ...rest: string[]): string[];
  /** The same as a person types it. */
  command(how: string, name?: string, ...rest: string[]): string;
  has(name: string): boolean;
  /** Takes out what is in there under a name. */
  take(name?: string): Stored;
  /** The same, as soon as it is there. */
  wait(name?: string): Promise<Stored>;
}

export function secretStore(): SecretStore {
  const folder = tempDir();
  const path = (name: string) => join(folder, `${name.replaceAll('/', '-')}.json`);
  const words: SecretStore['words'] = (how, name, ...rest) => [process.execPath, program, how, folder, name, ...rest];
  const take: SecretStore['take'] = (name = 'NX_CLOUD_ACCESS_TOKEN') => {
    const stored = {
      rest: [],
      env: {},
      cwd: '',
      pids: [],
      ...(JSON.parse(readFileSync(path(name), 'utf8')) as object),
    };
    rmSync(path(name));
    if (!('token' in stored) || typeof stored.token !== 'string') throw new Error('No token was stored.');
    recordToken(stored.token);
    endInTheEnd(stored.pids);
    return { ...stored, token: stored.token };
  };
  return {
    words,
    command: (how, name = '{name}', ...rest) =>
      words(how, name, ...rest)
        .map((word) => `'${word}'`)
        .join(' '),
    has: (name) => existsSync(path(name)),
    take,
    wait: (name) => vi.waitFor(() => take(name), { timeout: 30_000, interval: 10 }),
  };
}

function endInTheEnd(pids: readonly number[]): void {
  onTestFinished(() => {
    for (const pid of pids.filter(isRunning)) kill(pid, 'SIGKILL');
  });
}

/** From /proc: of a process that has ended, and whose parent has not asked for its exit code yet, something is left. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
