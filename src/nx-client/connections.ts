import type { Send } from '../rest-client/http-over.js';
import { proxySettings } from '../rest-client/proxy.js';
import { createDirectConnections } from './direct-connections.js';
import type { AnswerHandler, CacheRequest } from './exchange.js';

/** The connections of one run to one server: for the question whether there is a cache, and for artifacts. */
export interface Connections {
  /** Never throws; what goes wrong comes to `onResponseError`. */
  dispatch: (request: CacheRequest, handler: AnswerHandler) => void;
  send: Send;
  /** Ends everything that is under way with this error. */
  destroy: (error: Error) => void;
  proxied: boolean;
}

export interface ConnectionsOptions {
  /** As `parseServerUrl` spells it. */
  serverUrl: string;
  env: Readonly<Record<string, string | undefined>>;
  /** At most so many at a time. */
  count: number;
  /** Milliseconds for a connection, TLS included; 0 for no limit. */
  connectMs: number;
}

/**
 * Node's own client where there is no proxy between: it is there already, while undici has to be compiled and evaluated
 * first. 200 artifacts of 50 KiB from a local server cost a process 0.17 s of CPU time with the one and 0.22 s with the
 * other (Node 20.20), at a moment when Nx does nothing but wait. Node 20 knows no proxies; undici does.
 */
export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
  const proxy = proxySettings(new URL(options.serverUrl), options.env);
  if (proxy === undefined) return createDirectConnections(options);
  const { createProxiedConnections } = await import('./proxied-connections.js');
  return createProxiedConnections(options, proxy);
}
