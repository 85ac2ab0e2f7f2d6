/** A piece of the content of an object, as `git cat-file --batch` prints it. */
export interface ObjectPiece {
  /** What stood behind the object's name in the request. */
  note: string;
  bytes: Buffer;
  /** Whether the object ends with it. */
  last: boolean;
}

export const batchFormat = '%(objecttype) %(objectsize) %(rest)';

/**
 * Reads what `git cat-file --batch` prints in the format above: a line for each object, its content, a line feed.
 * Objects are not put together: they can be larger than memory.
 * @param onMissing called for each object that is not in this clone
 */
export async function* objectPieces(output: AsyncIterable<Buffer>, onMissing: () => void): AsyncGenerator<ObjectPiece> {
  let header = '';
  let note = '';
  /** Bytes of the content to come, and then the line feed. */
  let left = 0;
  for await (const chunk of output) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const end = chunk.indexOf(10, at);
        header += chunk.toString('latin1', at, end === -1 ? chunk.length : end);
        if (end === -1) break;
        at = end + 1;
        // Of whatever type: a damaged tree may call a tree or a tag a file, and its content follows all the same.
        const [, size, rest] = /^(?:blob|commit|tree|tag) (\d+) (.*)$/.exec(header) ?? [];
        if (size === undefined || rest === undefined) onMissing();
        else {
          note = rest;
          left = Number(size) + 1;
        }
        header = '';
      } else {
        const bytes = chunk.subarray(at, Math.min(chunk.length, at + left - 1));
        const taken = Math.min(chunk.length - at, left);
        left -= taken;
        at += taken;
        yield { note, bytes, last: left === 0 };
      }
    }
  }
}
