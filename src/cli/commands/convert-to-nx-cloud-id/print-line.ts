/**
 * Resolves when the stream has taken the line, so that a slow reader slows a run down rather than filling the memory, and
 * a line that was waited for is in the file when the program is killed. A reader that has gone away is none of our concern.
 */
export function printLine(stream: NodeJS.WritableStream, line: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(`${line}\n`, () => {
      resolve();
    });
  });
}
