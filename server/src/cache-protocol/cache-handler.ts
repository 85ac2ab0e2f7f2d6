import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { StorageUnavailableError } from '../artifacts/artifact-store.js';
import type { Access, AccessCheck, RefusalReason } from '../domain/access-check.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import { DatabaseUnavailableError } from '../domain/database-unavailable.js';
import type { RefusedAccess } from '../domain/refused-access.js';
import { scopeName, trustedScope } from '../domain/scope-name.js';
import { clientAddress } from '../http/client-address.js';
import { parseAddress, parseCredential, type CacheAddress } from './cache-request.js';
import { Exchange, type Ending } from './exchange.js';
import { readArtifact } from './read-artifact.js';
import type { UploadPace } from './upload-pace.js';
import { refuseUpload, writeArtifact } from './write-artifact.js';

export interface CacheHandlerOptions {
  accessCheck: AccessCheck;
  artifacts: ArtifactCache;
  refusedAccess: RefusedAccess;
  logger: Logger;
  newRequestId: () => string;
  trustedProxyHops: number;
  /** Bytes. */
  maxArtifactSize: number;
  pace: UploadPace;
  /** For the metrics. */
  onEnd: (exchange: Exchange, ending: Ending) => void;
  onRefused: (reason: RefusalReason) => void;
}

export type CacheHandler = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

const retryAfter: readonly string[] = ['retry-after', '5'];

/** The remote cache's own protocol (nx-protocol.md §4), straight on node:http: a framework would be half of the cost. */
export function createCacheHandler(options: CacheHandlerOptions): CacheHandler {
  const { accessCheck, artifacts, refusedAccess, logger, trustedProxyHops, maxArtifactSize } = options;

  function handle(exchange: Exchange): void | Promise<void> {
    const { request } = exchange;
    const { method } = request;
    const address = parseAddress(request.url ?? '');
    if (!address.ok) return reject(exchange, address.status, address.detail);
    exchange.nxCloudId = address.value.nxCloudId;
    if (method !== 'GET' && method !== 'PUT') {
      return reject(exchange, 405, `${method ?? ''} is not possible here`, ['allow', 'GET, PUT']);
    }
    const credential = parseCredential(request.headers, address.value.nxCloudId);
    if (!credential.ok) return reject(exchange, credential.status, credential.detail);

    const check = () => accessCheck.check(credential.value, address.value.nxCloudId);
    const decide = method === 'GET' ? read : write;
    const access = check();
    return access instanceof Promise
      ? access.then((found) => decide(exchange, address.value, found, check))
      : decide(exchange, address.value, access, check);
  }

  function read(exchange: Exchange, address: CacheAddress, access: Access): void | Promise<void> {
    exchange.access = access;
    const { decision, workspace } = access;
    if (decision.level === 'none' || workspace === null) return refuse(exchange, access, 'read');
    const scopes =
      decision.scope.kind === 'trusted' ? trustedOnly : [trustedScope, scopeName(decision.scope, address.branch)];
    return readArtifact(exchange, artifacts, { workspaceId: workspace.id, hash: address.hash }, scopes);
  }

  async function write(
    exchange: Exchange,
    { hash, branch }: CacheAddress,
    access: Access,
    check: () => Access | Promise<Access>,
  ): Promise<void> {
    exchange.access = access;
    const scope = writeScope(access);
    if (scope === null || access.workspace === null) return await refuse(exchange, access, 'write');
    const key = { workspaceId: access.workspace.id, scope: scopeName(scope, branch), hash };
    await writeArtifact(exchange, options, key, {
      access,
      async mayPublish() {
        const now = writeScope(await check());
        return now !== null && scopeName(now, branch) === key.scope;
      },
      async refused() {
        const now = await check();
        await refuse(exchange, now, 'write');
      },
    });
  }

  async function refuse(exchange: Exchange, access: Access, operation: 'read' | 'write'): Promise<void> {
    const { request, requestId } = exchange;
    const reason = access.refusal ?? 'read-only';
    const ipAddress = clientAddress(
      request.socket.remoteAddress,
      request.headersDistinct['x-forwarded-for']?.join(','),
      trustedProxyHops,
    );
    refusedAccess.record({ access, reason, operation, ipAddress, requestId });
    options.onRefused(reason);
    const { decision } = access;
    const unauthenticated = decision.level === 'none' && decision.unauthenticated;
    const because = access.refusal === null ? `${decision.because}, so nothing may be written` : decision.because;
    const [status, result] = unauthenticated
      ? ([401, 'unauthenticated'] as const)
      : ([operation === 'read' ? 404 : 403, 'refused'] as const);
    if (operation === 'read') exchange.answer(status, result, because);
    else await refuseUpload(exchange, maxArtifactSize, status, result, because);
  }

  function reject(exchange: Exchange, status: number, detail: string, more?: readonly string[]): Promise<void> {
    return refuseUpload(exchange, maxArtifactSize, status, 'bad-request', detail, more);
  }

  /** What exactly went wrong is the log's business. */
  async function fail(exchange: Exchange, error: unknown): Promise<void> {
    const { requestId, response } = exchange;
    logger.error({ err: error, requestId }, 'request failed');
    if (response.headersSent) return;
    const text = `The remote cache cannot be used at the moment (request ${requestId}).`;
    const mayWorkLater = error instanceof StorageUnavailableError || error instanceof DatabaseUnavailableError;
    if (mayWorkLater) await refuseUpload(exchange, maxArtifactSize, 503, 'failed', text, retryAfter);
    else await refuseUpload(exchange, maxArtifactSize, 500, 'failed', text);
  }

  return (request, response, expectsContinue) => {
    const exchange = new Exchange(request, response, {
      requestId: options.newRequestId(),
      expectsContinue,
      onEnd: options.onEnd,
    });
    try {
      handle(exchange)?.catch((error: unknown) => fail(exchange, error));
    } catch (error) {
      void fail(exchange, error);
    }
  };
}

const trustedOnly: readonly string[] = [trustedScope];

/** Where a write goes; `null` for those who may only read. */
function writeScope({ decision }: Access) {
  if (decision.level === 'none') return null;
  // A read-only CI access token has a scope of its own, that nobody else reads.
  return decision.level === 'read-write' || decision.scope.kind === 'isolated' ? decision.scope : null;
}
