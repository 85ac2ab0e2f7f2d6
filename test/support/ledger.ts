import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTokensInText } from '../../src/protocol/token-search.js';
import { maskToken } from '../../src/protocol/tokens.js';

/**
 * What the whole suite printed, and every token it made. When all tests have run, the reporter looks for each token,
 * and for anything that has the form of one, in each output: none may be there (access-model.md, "Tokens"). Test
 * processes find the ledger through the environment; without one (a helper run by hand) recording does nothing.
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
  /** The token, masked, and what stands before it in the output. */
  leaks: string[];
}

export function closeLedger(): LedgerResult {
  const folder = process.env[variable];
  if (folder === undefined) return { tokens: 0, bytes: 0, leaks: [] };
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const tokens = readdirSync(folder)
    .filter((name) => name.startsWith('tokens-'))
    .flatMap((name) => read(name).split('\n'))
    .filter((token) => token !== '');
  const outputs = readdirSync(join(folder, 'outputs')).map((name) => read(join('outputs', name)));
  const leaks = outputs.flatMap((output) => {
    // Also what nobody has recorded, as long as it has the form of a token.
    const searched = new Set([...tokens, ...findTokensInText(output).map(({ token }) => token)]);
    return [...searched].filter((token) => output.includes(token)).map((token) => describeLeak(output, token));
  });
  rmSync(folder, { recursive: true, force: true });
  return { tokens: new Set(tokens).size, bytes: outputs.reduce((sum, output) => sum + output.length, 0), leaks };
}

function describeLeak(output: string, token: string): string {
  const at = output.indexOf(token);
  const from = output.lastIndexOf('\n--- ', at);
  return `${maskToken(token)} in: ${output.slice(from, at).trim().slice(0, 300)}`;
}
