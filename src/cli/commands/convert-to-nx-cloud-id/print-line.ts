import { UserError } from '../../../errors.js';

/**
 * Resolves when the stream has taken the line, so that a slow reader slows a run down rather than filling the memory, and
 * a line that was waited for is in the file when the program is killed.
 * @throws {UserError} when nobody takes it: a conversion of which nobody learns shall not be followed by more
 */
export function printLine(stream: NodeJS.WritableStream, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${line}\n`, (cause) => {
      if (!(cause instanceof Error)) resolve();
      else reject(unprinted(cause));
    });
  });
}

function unprinted(cause: Error): UserError {
  return new UserError('What was done could not be printed, so no more workspaces were begun.', {
    remedy: 'Run the command again with an output that takes it: what is done is left alone.',
    cause,
  });
}
