import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { equalSecrets } from '../domain/secrets.js';
import { clientAddress, forwardedAddress, isLoopbackAddress } from './client-address.js';
import { headerText } from './header-text.js';

export interface MetricsHandlerOptions {
  registry: Registry;
  /** Opens them to other machines; `null` for this machine alone. */
  token: string | null;
  trustedProxyHops: number;
  onError: (error: unknown) => void;
}

/** `GET /metrics` for Prometheus: for this machine, and for whoever has the token. */
export function createMetricsHandler({
  registry,
  token,
  trustedProxyHops,
  onError,
}: MetricsHandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!isFromHere(request, trustedProxyHops) && !hasToken(request, token)) {
      // As if it were not there: nobody else is told that it is.
      answer(response, 404, 'text/plain', 'there is nothing at this address');
    } else if (request.method !== 'GET') {
      response.setHeader('allow', 'GET');
      answer(response, 405, 'text/plain', 'only GET is possible here');
    } else {
      registry.metrics().then(
        (text) => {
          answer(response, 200, registry.contentType, text);
        },
        (error: unknown) => {
          onError(error);
          response.setHeader('retry-after', '5');
          answer(response, 503, 'text/plain', 'the metrics cannot be collected at the moment');
        },
      );
    }
  };
}

function hasToken(request: IncomingMessage, token: string | null): boolean {
  const sent = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  return token !== null && sent !== undefined && equalSecrets(sent, token);
}

/** What proxies add. Who calls from this very machine sends none of them. */
const forwardingHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * A proxy on this machine makes everybody's connections come from here. So where anything says that there was one, the
 * word of a proxy that we trust is needed; one that is missing is not made up for by the connection's address.
 */
function isFromHere({ headers, socket }: IncomingMessage, trustedProxyHops: number): boolean {
  const wasForwarded = forwardingHeaders.some((name) => headers[name] !== undefined);
  const address = wasForwarded
    ? forwardedAddress(headerText(headers['x-forwarded-for']), trustedProxyHops)
    : clientAddress(socket.remoteAddress, undefined, 0);
  return address !== undefined && isLoopbackAddress(address);
}

function answer(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
