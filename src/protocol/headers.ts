/** Credential headers that Nx sends (nx-protocol.md §3), in the lower case that Node hands them out in. */
export const headers = {
  nxCloudId: 'nx-cloud-id',
  personalAccessToken: 'nx-cloud-personal-access-token',
  /** Set on every response of an nxkey server; names the request in the server's log. */
  requestId: 'x-request-id',
  /**
   * Set where the cache answers 404 and means that it may not be read, which only people need to know: Nx's built-in
   * client takes a 404 quietly and fails the build on any other status.
   */
  refused: 'x-nxkey-refused',
} as const;
