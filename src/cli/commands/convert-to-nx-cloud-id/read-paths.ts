import { UserError } from '../../../errors.js';

/** Longer than any path that a system takes: what is longer is no list of paths. In bytes. */
const longestPath = 64 * 1024;

/** What is no text, as far as it can be shown. */
export interface UnusablePath {
  path: string;
  error: UserError;
}

/** Paths, each with its ending, as they come; empty ones are left out. */
export async function* readPaths(
  input: AsyncIterable<Buffer | string>,
  { ending }: { ending: 'line' | 'NUL' },
): AsyncGenerator<string | UnusablePath> {
  const separator = ending === 'line' ? 0x0a : 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of input) {
    rest = Buffer.concat([rest, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
    let start = 0;
    for (let end = rest.indexOf(separator); end >= 0; end = rest.indexOf(separator, start)) {
      yield* path(rest.subarray(start, end));
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > longestPath) {
      throw new UserError(`A path on standard input is longer than ${longestPath / 1024} KiB.`, {
        remedy: 'Give one path on each line; or with -0, paths that end with NUL, as from find -print0.',
      });
    }
  }
  yield* path(rest);
}

function* path(bytes: Buffer): Generator<string | UnusablePath> {
  if (bytes.length === 0) return;
  try {
    yield new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Node hands names to the system as UTF-8, so that another folder would be looked for.
    const shown = bytes.toString();
    const error = new UserError(`The path ${shown} is not valid UTF-8.`, {
      remedy: 'Rename the folder.',
    });
    yield { path: shown, error };
  }
}
