import { paths } from '../../../src/protocol/paths.js';
import type { TestServer } from './test-server.js';

export interface ClosedCache {
  nxCloudId: string;
  /** What reading its one artifact is answered with: 200, or 404 for somebody to whom the cache is closed. */
  read(token: string): Promise<number>;
}

/** The cache of a workspace of `acme`, with one artifact in it, that is closed to everybody but members. */
export async function addClosedCache(server: TestServer): Promise<ClosedCache> {
  const { id, nxCloudId } = await server.addWorkspace('closed', 'recommended');
  const artifact = `${server.url}${paths.remoteCache(nxCloudId)}/v1/cache/1`;
  const authorization = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const ciToken = await server.addCiToken('read-write', { workspaceId: id });
  const { status } = await fetch(artifact, { method: 'PUT', body: 'what it made', ...authorization(ciToken) });
  if (status !== 200) throw new Error(`the artifact was answered with ${status}`);
  return { nxCloudId, read: async (token) => (await fetch(artifact, authorization(token))).status };
}
