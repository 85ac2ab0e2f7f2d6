import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { headers } from '../../../src/protocol/headers.js';
import { StorageUnavailableError } from '../artifacts/artifact-store.js';
import type { Access, AccessCheck, RefusalReason } from '../domain/access-check.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import { DatabaseUnavailableError } from '../domain/database-unavailable.js';
import type { RefusedAccess } from '../domain/refused-access.js';
import { scopeName, trustedScope } from '../domain/scope-name.js';
import { clientAddress } from '../http/client-address.js';
import { headerText } from '../http/header-text.js';
import { parseAddress, parseCredential, type CacheAddress } from './cache-request.js';
import { Exchange, type Ending } from './exchange.js';
import { readArtifact } from './read-artifact.js';
import { findSmall, readBatch } from './read-batch.js';
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

export type CacheHandler = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => void;

/** The remote cache's own protocol (nx-protocol.md §4), straight on node:http: a framework would be half of the cost. */
export function createCacheHandler(options: CacheHandlerOptions): CacheHandler {
  const { accessCheck, artifacts, refusedAccess, logger, trustedProxyHops, maxArtifactSize } = options;

  function handle(exchange: Exchange): Promise<void> | undefined {
    const { request } = exchange;
    const { method } = request;
    const address = parseAddress(request.url ?? '');
    if (!address.ok) return reject(exchange, address.status, address.detail);
    exchange.nxCloudId = address.value.nxCloudId;
    const { branch, what } = address.value;
    exchange.isBatch = what.kind === 'batch';
    if (method !== 'GET' && (method !== 'PUT' || exchange.isBatch)) {
      const allowed = exchange.isBatch ? 'GET' : 'GET, PUT';
      return reject(exchange, 405, `${method ?? ''} is not possible here`, ['allow', allowed]);
    }
    const credential = parseCredential(request.headers, address.value.nxCloudId);
    if (!credential.ok) return reject(exchange, credential.status, credential.detail);

    const check = () => accessCheck.check(credential.value, address.value.nxCloudId);
    const go = (access: Access) => {
      exchange.access = access;
      if (what.kind === 'batch') return readMany(exchange, what.hashes, branch, access, check);
      return method === 'GET'
        ? read(exchange, what.hash, branch, access)
        : write(exchange, what.hash, branch, access, async () => await check());
    };
    const access = check();
    // Most often it is known at once, and a promise would cost another turn.
    return access instanceof Promise ? access.then(go) : go(access);
  }

  function read(exchange: Exchange, hash: string, branch: Branch, access: Access): Promise<void> | undefined {
    const where = readScopes(access, branch);
    if (where === null) return refuse(exchange, access, 'read');
    return readArtifact(exchange, artifacts, { workspaceId: where.workspaceId, hash }, where.scopes);
  }

  async function readMany(
    exchange: Exchange,
    hashes: readonly string[],
    branch: Branch,
    access: Access,
    check: () => Access | Promise<Access>,
  ): Promise<void> {
    if (readScopes(access, branch) === null) {
      await refuse(exchange, access, 'read');
      return;
    }
    await readBatch(exchange, hashes, async (hash) => {
      const where = readScopes(await check(), branch);
      // Why, it is told when it asks for this one on its own.
      if (where === null) return { kind: 'alone' };
      return await findSmall(artifacts, { workspaceId: where.workspaceId, hash }, where.scopes);
    });
  }

  async function write(
    exchange: Exchange,
    hash: string,
    branch: Branch,
    access: Access,
    check: () => Promise<Access>,
  ): Promise<void> {
    const scope = writeScope(access, branch);
    if (scope === null || access.workspace === null) {
      await refuse(exchange, access, 'write');
      return;
    }
    const key = { workspaceId: access.workspace.id, scope, hash };
    let latest = access;
    const stillAllowed = async () => {
      latest = await check();
      return writeScope(latest, branch) === scope;
    };
    const outcome = await writeArtifact(exchange, options, key, { writer: access.writer, stillAllowed });
    if (outcome === 'right-ended') await refuse(exchange, latest, 'write');
  }

  async function refuse(exchange: Exchange, access: Access, operation: 'read' | 'write'): Promise<void> {
    const { request, requestId } = exchange;
    const { decision } = access;
    const reason = access.refusal ?? 'read-only';
    const forwardedFor = headerText(request.headers['x-forwarded-for']);
    const ipAddress = clientAddress(request.socket.remoteAddress, forwardedFor, trustedProxyHops);
    refusedAccess.record({ access, reason, operation, ipAddress, requestId });
    options.onRefused(reason);
    const because = access.refusal === null ? `${decision.because}, so nothing may be written` : decision.because;
    if (decision.level === 'none' && decision.unauthenticated) {
      await refuseUpload(exchange, maxArtifactSize, 401, 'unauthenticated', because);
    } else {
      // Nx takes both quietly and builds on; on any other status the build fails.
      const status = operation === 'read' ? 404 : 403;
      await refuseUpload(exchange, maxArtifactSize, status, 'refused', because, [headers.refused, 'true']);
    }
  }

  async function reject(exchange: Exchange, status: number, detail: string, more?: readonly string[]): Promise<void> {
    await refuseUpload(exchange, maxArtifactSize, status, 'bad-request', detail, more);
  }

  /** What exactly went wrong is the log's business. */
  async function fail(exchange: Exchange, error: unknown): Promise<void> {
    const { requestId, response } = exchange;
    logger.error({ err: error, requestId }, 'request failed');
    if (response.headersSent) return;
    const text = `the remote cache cannot be used at the moment (request ${requestId})`;
    const mayWorkLater = error instanceof StorageUnavailableError || error instanceof DatabaseUnavailableError;
    if (mayWorkLater) await refuseUpload(exchange, maxArtifactSize, 503, 'failed', text, ['retry-after', '5']);
    else await refuseUpload(exchange, maxArtifactSize, 500, 'failed', text);
  }

  function begin(exchange: Exchange): void {
    try {
      handle(exchange)?.catch((error: unknown) => fail(exchange, error));
    } catch (error) {
      void fail(exchange, error);
    }
  }

  /**
   * Requests that arrive in one turn of the event loop are answered together at its end: they share one look at what
   * may have changed about access, and a client that waits for many answers is woken once for all of them.
   */
  let arrived: Exchange[] = [];
  function beginAll(): void {
    const exchanges = arrived;
    arrived = [];
    for (const exchange of exchanges) begin(exchange);
  }

  return (request, response, awaitsContinue) => {
    const requestId = options.newRequestId();
    const { onEnd } = options;
    const isFirst = arrived.push(new Exchange(request, response, { requestId, awaitsContinue, onEnd })) === 1;
    if (isFirst) setImmediate(beginAll);
  };
}

type Branch = CacheAddress['branch'];

const trustedOnly: readonly string[] = [trustedScope];

/** Where artifacts may be read, the first that has one; `null` for those who may not. */
function readScopes(
  { decision, workspace }: Access,
  branch: Branch,
): { workspaceId: string; scopes: readonly string[] } | null {
  if (decision.level === 'none' || workspace === null) return null;
  const { scope } = decision;
  const scopes = scope.kind === 'trusted' ? trustedOnly : [trustedScope, scopeName(scope, branch)];
  return { workspaceId: workspace.id, scopes };
}

/** Where a write goes; `null` for those who may only read. */
function writeScope({ decision }: Access, branch: string | null): string | null {
  if (decision.level === 'none') return null;
  // A read-only CI access token has a scope of its own, that nobody else reads.
  const { level, scope } = decision;
  return level === 'read-write' || scope.kind === 'isolated' ? scopeName(scope, branch) : null;
}
