import { randomUUID } from 'node:crypto';
import { newClone, type Access, type Clone } from './nx.js';

/** A workspace of a server. */
interface Workspace {
  nxCloudId: string;
  url: string;
}

/** As many clones of a new repository as somebody needs. */
export function clonesOf(of: Workspace): () => Clone {
  const source = randomUUID();
  return () => newClone({ nxCloudId: of.nxCloudId, nxCloudUrl: of.url, source });
}

/** For Nx's built-in client. */
export function variables(token: string, of: Workspace): Access {
  return { by: 'variables', serverUrl: of.url, nxCloudId: of.nxCloudId, token };
}

/** The same token, given in one of the two ways. */
export function withCiToken(way: Access['by'], token: string, of: Workspace): Access {
  return way === 'variables' ? variables(token, of) : { by: way, env: { NX_CLOUD_ACCESS_TOKEN: token } };
}

export function withPat(way: Access['by'], token: string, of: Workspace): Access {
  return way === 'variables' ? variables(token, of) : { by: way, env: { NX_CLOUD_PERSONAL_ACCESS_TOKEN: token } };
}
