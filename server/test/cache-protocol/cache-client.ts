import { paths } from '../../../src/protocol/paths.js';
import { recordOutput } from '../../../test/support/ledger.js';

export interface CacheAnswer {
  status: number;
  type: string | null;
  body: string;
  headers: Headers;
}

export interface CacheTarget {
  url: string;
  nxCloudId: string;
  branch?: string;
}

/** Nx's built-in client, and others that send their credential in another way (nx-protocol.md §3). */
export async function get(target: CacheTarget, hash: string, sent: Record<string, string> = {}): Promise<CacheAnswer> {
  return await ask(target, hash, { headers: sent });
}

export async function put(
  target: CacheTarget,
  hash: string,
  sent: Record<string, string> = {},
  body = 'artifact',
): Promise<CacheAnswer> {
  return await ask(target, hash, { method: 'PUT', body, headers: sent });
}

async function ask({ url, nxCloudId, branch }: CacheTarget, hash: string, init: RequestInit): Promise<CacheAnswer> {
  const response = await fetch(`${url}${paths.remoteCache(nxCloudId, branch)}/v1/cache/${hash}`, init);
  const body = await response.text();
  if (!response.ok)
    recordOutput('nxkey-server answer of the cache', `${JSON.stringify([...response.headers])} ${body}`);
  return { status: response.status, type: response.headers.get('content-type'), body, headers: response.headers };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
