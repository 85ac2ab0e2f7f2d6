/** A content that a commit brought: a new version of a file, or the commit itself with its message. */
export interface Introduction {
  commit: string;
  /** The hash of the content. */
  oid: string;
  /** `undefined` for the commit itself. */
  path: string | undefined;
}

/**
 * Reads what `git diff-tree --stdin --always --raw -z` prints: for each commit its hash, then `:` and the modes and
 * hashes of what a file was and is, and in the next field its path. A merge has a colon, a mode and a hash for each parent.
 * @returns them in the order of the commits, each time as many as there are in a piece of the output
 */
export async function* introductions(output: AsyncIterable<Buffer>): AsyncGenerator<Introduction[]> {
  let rest: Buffer = Buffer.alloc(0);
  let commit = '';
  let change: string | undefined;
  for await (const chunk of output) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0) + 1;
    rest = bytes.subarray(end);
    const brought: Introduction[] = [];
    for (const field of bytes.toString('utf8', 0, end).split('\0').slice(0, -1)) {
      if (change !== undefined) {
        const oid = contentAfter(change);
        if (oid !== undefined) brought.push({ commit, oid, path: field });
        change = undefined;
      } else if (field.startsWith(':')) change = field;
      else {
        commit = field;
        brought.push({ commit, oid: commit, path: undefined });
      }
    }
    if (brought.length > 0) yield brought;
  }
}

/** The hash of a file's, or a link's, new content; none for what was deleted and for submodules (gitlinks). */
function contentAfter(change: string): string | undefined {
  const parents = change.lastIndexOf(':') + 1;
  const fields = change.slice(parents).split(' ');
  const mode = fields[parents] ?? '';
  return mode.startsWith('10') || mode === '120000' ? fields[2 * parents + 1] : undefined;
}
