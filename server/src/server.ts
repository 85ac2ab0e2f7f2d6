import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Registry } from 'prom-client';
import { paths } from '../../src/protocol/paths.js';
import { createApp, type AppDependencies } from './app.js';
import { defaultAuditDays, startBackground } from './background.js';
import { createCacheHandler } from './cache-protocol/cache-handler.js';
import { cachePrefix } from './cache-protocol/cache-request.js';
import { logEnding } from './cache-protocol/request-log.js';
import { defaultUploadPace, type UploadPace } from './cache-protocol/upload-pace.js';
import { createAccessCheck } from './domain/access-check.js';
import type { ArtifactCache } from './domain/artifacts.js';
import {
  createGithubConnections,
  type GithubConnections,
  type GithubConnectionsOptions,
} from './domain/github/connections.js';
import { defaultStaleAfterMs } from './domain/github/staleness.js';
import { createRefusedAccess } from './domain/refused-access.js';
import { createServices, type ServiceDependencies } from './domain/services.js';
import { createGithubMetrics } from './github-metrics.js';
import { inTurn } from './http/in-turn.js';
import { listen } from './http/listen.js';
import { createMetricsHandler } from './http/metrics-handler.js';
import { createRequestIds } from './http/request-ids.js';
import { limitBodyTime, serverOptions, silenceMs } from './http/timeouts.js';
import { createCacheMetrics } from './metrics.js';

/** How long an upload or a download that is under way may take once the server has been asked to stop. */
export const defaultShutdownGraceMs = 30_000;

export const defaultMaxArtifactSize = 1024 ** 3;

export interface ServerOptions
  extends Omit<ServiceDependencies, 'warn' | 'github'>, Omit<AppDependencies, 'config' | 'services' | 'webhook'> {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Without it, the address that the server listens on. */
  publicUrl: string | undefined;
  trustedProxyHops: number;
  /** Stays open when the server is closed, as the database does. */
  artifacts: ArtifactCache;
  /** Bytes. */
  maxArtifactSize?: number;
  uploadPace?: UploadPace;
  shutdownGraceMs?: number;
  auditDays?: number;
  /** Default: the server is set up for no GitHub. */
  github?: GithubOptions | null;
  /** How long memberships from GitHub hold without being confirmed; also when the server is set up for no GitHub. */
  githubStaleAfterMs?: number;
  /** What `/metrics` shows; may hold more than the cache's own. */
  metrics?: { registry: Registry; token: string | null };
}

export interface GithubOptions extends Pick<GithubConnectionsOptions, 'gateway' | 'reconcileEveryMs'> {
  webhookSecret: string;
}

export interface RunningServer {
  /** Where it listens: `http://127.0.0.1:7540`. */
  listenUrl: string;
  publicUrl: string;
  github: GithubConnections | null;
  /** Takes no more connections, lets what is under way finish, and then lets go of the port. Not of the database. */
  close(): Promise<void>;
}

/** @throws {UserError} when it cannot listen there */
export async function startServer({
  host,
  port,
  publicUrl,
  trustedProxyHops,
  artifacts,
  clientProgram,
  maxArtifactSize = defaultMaxArtifactSize,
  uploadPace = defaultUploadPace,
  shutdownGraceMs = defaultShutdownGraceMs,
  auditDays = defaultAuditDays,
  github: githubOptions = null,
  githubStaleAfterMs: staleAfterMs = defaultStaleAfterMs,
  metrics: { registry, token: metricsToken } = { registry: new Registry(), token: null },
  ...options
}: ServerOptions): Promise<RunningServer> {
  const { database, logger, clock, tokenIdleDays } = options;
  const accessCheck = createAccessCheck({ database, clock, tokenIdleDays });
  const refusedAccess = createRefusedAccess({
    auditEvents: database.auditEvents,
    clock,
    onError: (error) => {
      logger.error({ err: error }, 'refused access could not be written to the audit log');
    },
  });
  const metrics = createCacheMetrics({
    registry,
    lookups: accessCheck.lookups,
    occupiedBytes: () => database.artifacts.occupiedBytes(),
  });
  const cache = createCacheHandler({
    accessCheck,
    artifacts,
    refusedAccess,
    logger,
    newRequestId: createRequestIds(),
    trustedProxyHops,
    maxArtifactSize,
    pace: uploadPace,
    onEnd: (exchange, ending) => {
      metrics.ended(exchange, ending);
      logEnding(logger, exchange, ending);
    },
    onRefused: metrics.refused,
  });
  const showMetrics = createMetricsHandler({
    registry,
    token: metricsToken,
    trustedProxyHops,
    onError: (error) => {
      logger.error({ err: error }, 'the metrics could not be collected');
    },
  });

  const github =
    githubOptions === null ? null : createGithubConnections({ database, clock, staleAfterMs, ...githubOptions });
  const webhook =
    github === null || githubOptions === null
      ? null
      : { github, secret: githubOptions.webhookSecret, onResult: createGithubMetrics(registry, github).delivered };

  const server = createServer(serverOptions).setTimeout(silenceMs);
  const listenUrl = await listen(server, host, port);
  // Such as a connection that cannot be taken for want of memory. Nobody listening, it would end the process.
  server.on('error', (error) => {
    logger.error({ err: error }, 'a connection could not be accepted');
  });
  const config = { publicUrl: publicUrl ?? listenUrl, trustedProxyHops };
  const services = createServices({
    ...options,
    github,
    warn: (message) => {
      logger.warn(message);
    },
  });
  const app = getRequestListener(createApp({ config, services, artifacts, clientProgram, logger, webhook }).fetch);

  function route(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const { url = '' } = request;
    if (url.startsWith(cachePrefix)) {
      cache(request, response, awaitsContinue);
      return;
    }
    limitBodyTime(request);
    if (awaitsContinue) response.writeContinue();
    if (url === paths.metrics) showMetrics(request, response);
    else void app(request, response);
  }
  for (const [event, awaitsContinue] of [
    ['request', false],
    ['checkContinue', true],
  ] as const) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      inTurn(response, () => {
        route(request, response, awaitsContinue);
      });
    });
  }

  const background = startBackground({
    database,
    accessCheck,
    refusedAccess,
    loginChecks: services.loginChecks,
    identityProviders: services.identityProviders,
    clock,
    logger,
    auditDays,
    github,
    staleAfterMs,
  });
  return {
    listenUrl,
    publicUrl: config.publicUrl,
    github,
    async close() {
      await closeServer(server, shutdownGraceMs);
      await background.close();
    },
  };
}

/** A connection ends as soon as it has no request under way; what takes longer than `graceMs` is cut. */
async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  // Those that are busy now are kept alive for the next request when they are done.
  const idle = setInterval(() => {
    server.closeIdleConnections();
  }, 50);
  const force = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}
