import { request, type Agent, type ClientRequest } from 'node:http';
import { headers as names } from '../../../src/protocol/headers.js';
import { paths } from '../../../src/protocol/paths.js';

/** The ways in which a request for an artifact says who is asking (nx-protocol.md §3). */
export type Credential =
  | { kind: 'bearer'; token: string }
  /** `authorization: <token>`, as old clients send it. */
  | { kind: 'raw'; token: string }
  | { kind: 'personal-header'; token: string }
  | { kind: 'id-header' }
  /** What Nx sends when the variable for the token is empty. */
  | { kind: 'empty-bearer' }
  | { kind: 'none' };

export interface ArtifactAddress {
  nxCloudId: string;
  hash: string;
  branch?: string | undefined;
}

export interface CacheAnswer {
  status: number;
  type: string | undefined;
  body: Buffer;
}

export interface CacheClient {
  get(address: ArtifactAddress, credential: Credential): Promise<CacheAnswer>;
  put(address: ArtifactAddress, credential: Credential, body: Buffer): Promise<CacheAnswer>;
  /** Sends the head and the first half of the body, and the rest when it is told to. */
  beginPut(address: ArtifactAddress, credential: Credential, body: Buffer): HalfSent;
}

export interface HalfSent {
  finish(): Promise<CacheAnswer>;
}

/**
 * Speaks to the cache routes over real HTTP, with the very headers that are asked for (`fetch` would tidy them up).
 * Rejects when the connection is cut before the answer has come to its end.
 */
export function cacheClient(origin: () => string, agent?: Agent): CacheClient {
  function begin(method: string, address: ArtifactAddress, credential: Credential, length: number | undefined) {
    const url = `${origin()}${paths.remoteCache(address.nxCloudId, address.branch)}/v1/cache/${address.hash}`;
    const headers = {
      ...credentialHeaders(credential, address.nxCloudId),
      ...(length === undefined ? {} : { 'content-length': length }),
    };
    const outgoing = request(url, { method, headers, ...(agent === undefined ? {} : { agent }) });
    return { outgoing, answer: answerTo(outgoing) };
  }

  function beginPut(address: ArtifactAddress, credential: Credential, body: Buffer): HalfSent {
    const { outgoing, answer } = begin('PUT', address, credential, body.length);
    // Whoever finishes the upload hears of it; until then a failure is nobody's.
    answer.catch(() => undefined);
    const half = body.length >> 1;
    outgoing.write(body.subarray(0, half));
    return {
      finish() {
        outgoing.end(body.subarray(half));
        return answer;
      },
    };
  }

  return {
    get(address, credential) {
      const { outgoing, answer } = begin('GET', address, credential, undefined);
      outgoing.end();
      return answer;
    },
    put(address, credential, body) {
      const { outgoing, answer } = begin('PUT', address, credential, body.length);
      outgoing.end(body);
      return answer;
    },
    beginPut,
  };
}

function answerTo(outgoing: ClientRequest): Promise<CacheAnswer> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const answer = { status: incoming.statusCode ?? 0, type: incoming.headers['content-type'] };
        resolve({ ...answer, body: Buffer.concat(chunks) });
      });
    });
  });
}

function credentialHeaders(credential: Credential, nxCloudId: string): Record<string, string> {
  switch (credential.kind) {
    case 'bearer':
      return { authorization: `Bearer ${credential.token}` };
    case 'raw':
      return { authorization: credential.token };
    case 'personal-header':
      return { [names.nxCloudId]: nxCloudId, [names.personalAccessToken]: credential.token };
    case 'id-header':
      return { [names.nxCloudId]: nxCloudId };
    case 'empty-bearer':
      return { authorization: 'Bearer ' };
    case 'none':
      return {};
  }
}
