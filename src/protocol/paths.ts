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
  organizations: '/api/v1/organizations',
  organization: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}`,
  members: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/members`,
  member: (slug: string, userId: string) =>
    `/api/v1/organizations/${encodeURIComponent(slug)}/members/${encodeURIComponent(userId)}`,
  github: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/github`,
  githubSync: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/github/sync`,
  githubConfirmRemovals: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/github/confirm-removals`,
  workspaces: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/workspaces`,
  audit: (slug: string) => `/api/v1/organizations/${encodeURIComponent(slug)}/audit`,
  workspace: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}`,
  ciTokens: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/ci-tokens`,
  ciTokenImport: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/ci-tokens/import`,
  ciTokenById: (nxCloudId: string, id: string) =>
    `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/ci-tokens/${encodeURIComponent(id)}`,
  ciTokenRotation: (nxCloudId: string, id: string) =>
    `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/ci-tokens/${encodeURIComponent(id)}/rotate`,
  cacheStats: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/cache`,
  cachePurge: (nxCloudId: string) => `/api/v1/workspaces/${encodeURIComponent(nxCloudId)}/cache/purge`,
  openApi: '/api/v1/openapi.json',
  health: '/healthz',
  metrics: '/metrics',
  /** Where GitHub sends what happens in connected organizations; only on a server that is set up for GitHub. */
  githubWebhook: '/webhooks/github',

  /**
   * The value of `NX_SELF_HOSTED_REMOTE_CACHE_SERVER`: Nx appends `/v1/cache/{hash}` (nx-protocol.md §4). With a branch
   * the isolated scope of a read-only CI access token is that branch's own.
   */
  remoteCache: (nxCloudId: string, branch?: string) =>
    `/w/${encodeURIComponent(nxCloudId)}${branch === undefined ? '' : `/branch/${encodeURIComponent(branch)}`}`,

  /** Where Nx itself looks for its client program (nx-protocol.md §1). */
  clientVerify: '/nx-cloud/client/verify',
  clientProgram: (version: string) => `/nx-cloud/client/${version}/program.tar.gz`,

  /** Pages for people. */
  signIn: '/sign-in',
  /** What somebody signs in with: linked identities, and how to link and unlink them. */
  signInMethods: '/sign-in-methods',
  device: '/device',
  tokensPage: '/tokens',
  /** Where a person who has signed in makes a workspace and gets the `nxCloudId` for nx.json. */
  connectNew: '/connect/new',
  /** Where owners connect an organization to GitHub, and see how that goes. */
  githubPage: (slug: string) => `/organizations/${encodeURIComponent(slug)}/github`,
} as const;
