type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of Nx's built-in cache client, Nx 20.8 and later (nx-protocol.md §4). */
const serverVariable = 'NX_SELF_HOSTED_REMOTE_CACHE_SERVER';
const tokenVariable = 'NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN';

export type NxCache =
  /** `token` is `null` for anonymous access. */
  | { kind: 'usable'; url: string; token: string | null }
  /** There is a workspace of ours, and its cache cannot be used now. */
  | { kind: 'unusable' }
  /** Nothing says that the workspace is one of ours. */
  | { kind: 'not-ours' };

/**
 * The environment in which Nx uses a cache, and no other. Nx takes its built-in client only where Nx Cloud is off, and an
 * `nxCloudId` turns that on: Nx would download a client program from the server, which may be what cannot be reached.
 * In a workspace that is not ours Nx Cloud is left to do what it does without us.
 */
export function nxEnvironment(env: Environment, cache: NxCache): Environment {
  // Node leaves out of a program's environment what is undefined.
  const rest = { ...env, [serverVariable]: undefined, [tokenVariable]: undefined };
  switch (cache.kind) {
    case 'not-ours':
      return rest;
    case 'unusable':
      return { ...rest, NX_NO_CLOUD: 'true' };
    case 'usable':
      return {
        ...rest,
        NX_NO_CLOUD: 'true',
        [serverVariable]: cache.url,
        ...(cache.token !== null && { [tokenVariable]: cache.token }),
      };
  }
}
