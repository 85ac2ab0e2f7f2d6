/**
 * Where things are on an nxkey server, relative to its public URL. The OAuth endpoints are not here for the client:
 * it finds them through the server's metadata (RFC 8414), so that the device flow works with any authorization server.
 */
export const paths = {
  authorizationServerMetadata: '/.well-known/oauth-authorization-server',
  deviceAuthorization: '/oauth/device_authorization',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',

  me: '/api/v1/me',
  myTokens: '/api/v1/me/tokens',
  myToken: (id: string) => `/api/v1/me/tokens/${encodeURIComponent(id)}`,
  /** The CI access token that authenticates the request, and the workspace it belongs to. */
  ciToken: '/api/v1/ci-token',
  workspaceAccess: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/access`,
  openApi: '/api/v1/openapi.json',
  health: '/healthz',

  /** Pages for people. */
  signIn: '/sign-in',
  device: '/device',
  tokensPage: '/tokens',
} as const;
