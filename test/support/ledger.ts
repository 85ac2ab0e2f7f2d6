import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What the whole suite printed, and every token it made. When all tests have run, the reporter looks for each token
 * in each output: none may be there (access-model.md, "Tokens"). Test processes find the ledger through the
 * environment; without one (a single helper run by hand) recording does nothing.
 */
const variable = 'NXKEY_TEST_LEDGER';

export function openLedger(): void {
  const folder = mkdtempSync(join(tmpdir(), 'nxkey-ledger-'));
  mkdirSync(join(folder, 'outputs'));
  process.env[variable] = folder;
}

/** Call it with every token that a test makes, gets or invents, as soon as it is known. */
export function recordToken(token: string): void {
  const folder = process.env[variable];
  if (folder !== undefined) appendFileSync(join(folder, `tokens-${process.pid}`), `${token}\n`);
}

/** Call it with everything that a command, a server or a logger printed, except where printing the token is the job. */
export function recordOutput(what: string, text: string): void {
  const folder = process.env[variable];
  if (folder !== undefined) appendFileSync(join(folder, 'outputs', String(process.pid)), `\n--- ${what}\n${text}`);
}

export interface LedgerResult {
  tokens: number;
  bytes: number;
  /** `token (masked) in: the line it was found in (masked)` */
  leaks: string[];
}

export function closeLedger(): LedgerResult {
  const folder = process.env[variable];
  if (folder === undefined) return { tokens: 0, bytes: 0, leaks: [] };
  const tokens = new Set(
    readdirSync(folder)
      .filter((name) => name.startsWith('tokens-'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((token) => token !== ''),
  );
  const outputs = readdirSync(join(folder, 'outputs')).map((name) => readFileSync(join(folder, 'outputs', name), 'utf8'));
  const leaks: string[] = [];
  for (const output of outputs) {
    for (const token of tokens) {
      const at = output.indexOf(token);
      if (at < 0) continue;
      const from = output.lastIndexOf('\n--- ', at);
      leaks.push(`${token.slice(0, 8)}… in: ${output.slice(from, at).trim().slice(0, 300)}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return { tokens: tokens.size, bytes: outputs.reduce((sum, output) => sum + output.length, 0), leaks };
}
