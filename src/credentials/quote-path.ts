/** A path as it can be pasted into a POSIX shell: macOS's config folder has a blank in it. */
export function quotePath(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
