/**
 * Whether a text can be the id of a workspace. Ours are 24 lower-case hex characters; Nx itself tests only the length
 * (nx-protocol.md §2), so what other servers hand out is taken if it is plain text. Harmless: it opens nothing by itself.
 */
export function isNxCloudId(text: string): boolean {
  return /^[A-Za-z0-9_-]{24}$/.test(text);
}
