import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createApp, type AppDependencies } from './app.js';
import { removeExpired } from './domain/clean-up.js';
import { UserError } from './errors.js';

const cleanUpEveryMs = 10 * 60 * 1000;

/** How long requests that are under way may take to finish once the server has been asked to stop. */
const closeGraceMs = 5000;

export interface ServerOptions extends Omit<AppDependencies, 'config'> {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Without it, the address that the server listens on. */
  publicUrl: string | undefined;
  trustedProxyHops: number;
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
  ...options
}: ServerOptions): Promise<RunningServer> {
  const server = createServer();
  const listenUrl = originOf(await listen(server, host, port), host);
  const config = { publicUrl: publicUrl ?? listenUrl, trustedProxyHops };
  const listener = getRequestListener(createApp({ config, ...options }).fetch);
  server.on('request', (request, response) => void listener(request, response));

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
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const force = setTimeout(() => {
        server.closeAllConnections();
      }, closeGraceMs);
      await closed;
      clearTimeout(force);
    },
  };
}

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
