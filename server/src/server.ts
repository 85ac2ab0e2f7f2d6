import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createApp, type AppDependencies } from './app.js';
import { createCacheHandler } from './cache-protocol/cache-handler.js';
import { cachePrefix } from './cache-protocol/cache-request.js';
import { logEnding } from './cache-protocol/request-log.js';
import { defaultUploadPace, type UploadPace } from './cache-protocol/upload-pace.js';
import { createAccessCheck } from './domain/access-check.js';
import type { ArtifactCache } from './domain/artifacts.js';
import { removeExpired } from './domain/clean-up.js';
import { createRefusedAccess } from './domain/refused-access.js';
import { UserError } from './errors.js';
import { createRequestIds } from './http/request-ids.js';

const cleanUpEveryMs = 10 * 60 * 1000;
const flushEveryMs = 60 * 1000;

/** How long an upload or download that is under way may take once the server has been asked to stop. */
export const defaultShutdownGraceMs = 30_000;
export const defaultMaxArtifactSize = 1024 ** 3;

export interface ServerOptions extends Omit<AppDependencies, 'config'> {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Without it, the address that the server listens on. */
  publicUrl: string | undefined;
  trustedProxyHops: number;
  artifacts: ArtifactCache;
  /** Bytes. */
  maxArtifactSize?: number;
  shutdownGraceMs?: number;
  uploadPace?: UploadPace;
}

export interface RunningServer {
  /** Where it listens: `http://127.0.0.1:7540`. */
  listenUrl: string;
  publicUrl: string;
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
  maxArtifactSize = defaultMaxArtifactSize,
  shutdownGraceMs = defaultShutdownGraceMs,
  uploadPace = defaultUploadPace,
  ...options
}: ServerOptions): Promise<RunningServer> {
  const { database, logger, clock, tokenIdleDays } = options;
  const server = createServer(serverOptions);
  const listenUrl = originOf(await listen(server, host, port), host);
  const config = { publicUrl: publicUrl ?? listenUrl, trustedProxyHops };
  const accessCheck = createAccessCheck({ database, clock, tokenIdleDays });
  const refusedAccess = createRefusedAccess({
    auditEvents: database.auditEvents,
    clock,
    onError: (error) => {
      logger.error({ err: error }, 'refused access could not be written to the audit log');
    },
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
      logEnding(logger, exchange, ending);
    },
    onRefused: () => undefined,
  });
  const listener = getRequestListener(createApp({ config, ...options }).fetch);
  const route = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    if (request.url?.startsWith(cachePrefix) === true) {
      cache(request, response, expectsContinue);
      return;
    }
    if (expectsContinue) response.writeContinue();
    void listener(request, response);
  };
  server.on('request', (request, response) => {
    route(request, response, false);
  });
  server.on('checkContinue', (request, response) => {
    route(request, response, true);
  });

  const flush = async () => {
    try {
      await refusedAccess.flush();
      await accessCheck.flush();
    } catch (error) {
      logger.error({ err: error }, 'the use of tokens could not be written down');
    }
  };
  const flushing = setInterval(() => void flush(), flushEveryMs);
  flushing.unref();
  const cleanUp = setInterval(() => {
    removeExpired(options.database, options.clock()).catch((error: unknown) => {
      options.logger.error({ err: error }, 'expired rows could not be removed');
    });
  }, cleanUpEveryMs);
  cleanUp.unref();

  return {
    listenUrl,
    publicUrl: config.publicUrl,
    async close() {
      clearInterval(cleanUp);
      clearInterval(flushing);
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const force = setTimeout(() => {
        server.closeAllConnections();
      }, shutdownGraceMs);
      await closed;
      clearTimeout(force);
      await flush();
    },
  };
}

const serverOptions = {
  // Two lines of one credential arrive as one that no token has, instead of as the first of them.
  joinDuplicateHeaders: true,
};

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(listenError(cause, host, port));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server listens on no port'));
      else resolve(address);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new UserError(`Port ${port} on ${host} is taken by another program, maybe another nxkey-server.`, {
        remedy: 'Choose another one with --port, or let --port 0 find a free one.',
        cause,
      });
    case 'EACCES':
      return new UserError(`This user may not listen on port ${port}.`, {
        remedy: 'Choose a port above 1023 with --port, and let a reverse proxy answer on 443.',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(`${host} is no address of this machine.`, {
        remedy: 'Give one with --host: 127.0.0.1 for this machine alone, 0.0.0.0 for all of its networks.',
        cause,
      });
    default:
      return cause;
  }
}

/** "All addresses" is none that a browser could open; loopback is among them. */
function originOf({ address, family, port }: AddressInfo, host: string): string {
  if (host === 'localhost') return `http://localhost:${port}`;
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
