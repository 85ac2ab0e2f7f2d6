import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../errors.js';

/**
 * @returns where it listens, as an origin: `http://127.0.0.1:7540`
 * @throws {UserError} when it cannot listen there
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  const address = await new Promise<AddressInfo>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      reject(listenError(cause, host, port));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error('the server listens on no port'));
      else resolve(bound);
    });
  });
  return originOf(address, host);
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
