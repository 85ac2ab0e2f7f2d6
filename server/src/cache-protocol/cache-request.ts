import type { IncomingHttpHeaders } from 'node:http';
import { mostInBatch } from '../../../src/protocol/batch.js';
import { headers } from '../../../src/protocol/headers.js';
import { isNxCloudId } from '../../../src/protocol/nx-cloud-id.js';
import type { Credential } from '../domain/access-check.js';
import { headerText } from '../http/header-text.js';

/** All addresses of the cache begin with it. */
export const cachePrefix = '/w/';

export interface CacheAddress {
  nxCloudId: string;
  /** Tells isolated scopes apart; `null` where none is named. */
  branch: string | null;
  what: { kind: 'artifact'; hash: string } | { kind: 'batch'; hashes: readonly string[] };
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; status: 400 | 404; detail: string };

/**
 * `/w/{nxCloudId}/v1/cache/{hash}` or `/w/{nxCloudId}/branch/{branch}/v1/cache/{hash}`, as it stands in the request; with
 * `batch/{hash},{hash},…` for `cache/{hash}`, many at once.
 */
export function parseAddress(url: string): Parsed<CacheAddress> {
  const [, nxCloudId = '', encodedBranch, kind = '', rest = ''] = addressPattern.exec(url) ?? [];
  if (nxCloudId === '') return { ok: false, status: 404, detail: 'there is nothing at this address' };
  if (!isNxCloudId(nxCloudId)) return wrong('the nxCloudId in the address has to be 24 letters or digits');
  const hashes = kind === 'batch' ? rest.split(',', mostInBatch + 1) : [rest];
  if (hashes.length > mostInBatch) return wrong(`one request can be for at most ${mostInBatch} artifacts`);
  if (!hashes.every((hash) => hashPattern.test(hash))) {
    return wrong('the hash has to be 1 to 128 letters, digits, dashes or underscores');
  }
  if (new Set(hashes).size < hashes.length) return wrong('a hash is there twice');
  const branch = encodedBranch === undefined ? null : decode(encodedBranch);
  if (branch === undefined) return wrong('the branch in the address is not percent-encoded UTF-8');
  const what = kind === 'batch' ? ({ kind, hashes } as const) : ({ kind: 'artifact', hash: rest } as const);
  return { ok: true, value: { nxCloudId, branch, what } };
}

// No two parts of it can match the same character, so it looks at each only once.
const addressPattern = /^\/w\/([^/]+)(?:\/branch\/([^/]+))?\/v1\/(cache|batch)\/(.*)$/s;
const hashPattern = /^[A-Za-z0-9_-]{1,128}$/;

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/**
 * The one credential of a request, in any of the forms of nx-protocol.md §3. Header lines that were sent more than once
 * arrive joined by ", " (`joinDuplicateHeaders`), and so are refused here: which one would count?
 */
export function parseCredential(sent: IncomingHttpHeaders, nxCloudId: string): Parsed<Credential> {
  const { authorization = '' } = sent;
  const personal = headerText(sent[headers.personalAccessToken]);
  const idHeader = headerText(sent[headers.nxCloudId]);
  if (idHeader !== '' && idHeader !== nxCloudId) {
    return wrong('the Nx-Cloud-Id header names another workspace than the address');
  }
  const bearer = bearerSecret(authorization);
  if (bearer === undefined) return wrong('the Authorization header has to be "Bearer" and one token');
  if (!isOneWord(personal)) return wrong('the Nx-Cloud-Personal-Access-Token header has to be one token');
  if (bearer !== '' && personal !== '' && bearer !== personal) {
    return wrong('the request carries two different tokens');
  }
  if (personal !== '') return { ok: true, value: { kind: 'personal', secret: personal } };
  return { ok: true, value: bearer === '' ? none : { kind: 'bearer', secret: bearer } };
}

const none: Credential = { kind: 'none' };

/**
 * Empty for none: with an empty token in its environment, Nx sends "Bearer" with nothing behind it (seen with
 * nx 23.2.1). Older clients send the token alone, without "Bearer". `undefined`: it is neither.
 */
function bearerSecret(authorization: string): string | undefined {
  const hasScheme = /^bearer(?: |$)/i.test(authorization);
  const secret = hasScheme ? authorization.slice('bearer'.length).trim() : authorization;
  return isOneWord(secret) ? secret : undefined;
}

function isOneWord(text: string): boolean {
  return !/[\s,]/.test(text);
}

function wrong(detail: string): { ok: false; status: 400; detail: string } {
  return { ok: false, status: 400, detail };
}
