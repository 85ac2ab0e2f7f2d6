/** The id of a workspace as our server makes it: 24 lower-case hex characters. Harmless: it opens nothing by itself. */
export const nxCloudIdPattern = /^[0-9a-f]{24}$/;

/** Nx itself tests only the length (nx-protocol.md §2); what other servers hand out is taken if it is plain text. */
export function isNxCloudId(text: string): boolean {
  return /^[A-Za-z0-9_-]{24}$/.test(text);
}
