import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { maskTokensInText } from '../../../src/protocol/token-search.js';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { main } from '../../src/cli/main.js';
import type { CliContext } from '../../src/cli/context.js';

export interface Result {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The command line in this process, with streams of the test's own, and nobody at a terminal. */
export async function nxkeyServer(
  argv: string[],
  input = '',
  change: Partial<Pick<CliContext, 'clock' | 'signal' | 'environment'>> = {},
): Promise<Result> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const context = {
    stdin: Readable.from(input === '' ? [] : [input]),
    stdout,
    stderr,
    interactive: false,
    clock: Date.now,
    environment: {},
    builtFolder: new URL('../../dist/', import.meta.url),
    hostName: () => 'test-machine',
    userName: () => 'root',
    signal: new AbortController().signal,
    ...change,
  };
  const exitCode = await main(argv, context);
  const result = { exitCode, stdout: text(stdout), stderr: text(stderr) };
  // The name of an output is searched, too, and some tests give a token as an argument.
  recordOutput(`nxkey-server ${maskTokensInText(argv.join(' '))}`, result.stderr);
  return result;
}

function text(stream: PassThrough): string {
  const chunk: unknown = stream.read();
  return chunk instanceof Buffer ? chunk.toString('utf8') : '';
}

export const ownerPassword = 'correct horse battery';

export function initFlags(data: string, change: Record<string, string> = {}): string[] {
  const flags = { email: 'ada@acme.example', name: 'Ada', org: 'acme', workspace: 'shop', ...change };
  const given = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  return ['init', '--data', data, '--password-stdin', ...given];
}

interface Initialized {
  data: string;
  nxCloudId: string;
}

const template = mkdtempSync(join(tmpdir(), 'nxkey-initialized-'));
process.once('exit', () => {
  rmSync(template, { recursive: true, force: true });
});
let made: Promise<Initialized> | undefined;

async function makeTemplate(): Promise<Initialized> {
  const data = join(template, 'data');
  const { stdout } = await nxkeyServer([...initFlags(data), '--json'], `${ownerPassword}\n`);
  return { data, nxCloudId: (JSON.parse(stdout) as { nxCloudId: string }).nxCloudId };
}

/** A fresh data folder on which `nxkey-server init` was run: a copy of one, since hashing a password takes its time. */
export async function initialized(): Promise<Initialized> {
  recordToken(ownerPassword);
  const first = await (made ??= makeTemplate());
  const data = join(tempDir(), 'data');
  cpSync(first.data, data, { recursive: true, preserveTimestamps: true });
  return { ...first, data };
}
