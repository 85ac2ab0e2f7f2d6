import type { IncomingMessage, ServerOptions } from 'node:http';

/**
 * Node's limit for a whole request (five minutes) would cut an upload of 1 GiB over a slow line, so it is off. What
 * takes its place: a limit for the headers, one for a silent connection in either direction, one for the small bodies
 * of all routes but the cache's (`limitBodyTime`), and the pace that an upload has to keep (upload-pace.ts).
 */
export const serverOptions = {
  requestTimeout: 0,
  headersTimeout: 30_000,
  // Longer than the minute after which common reverse proxies drop an idle connection themselves: of the two the
  // proxy has to be first, or it sends a request into a connection that is just being closed.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5000,
  // Two lines of one credential arrive as one that no token has, instead of as the first of them.
  joinDuplicateHeaders: true,
} satisfies ServerOptions;

/** Milliseconds without a byte in either direction until a connection with a request under way is cut. */
export const silenceMs = 120_000;

const bodyMs = 60_000;

/** For bodies of a few KiB. */
export function limitBodyTime(request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const timer = setTimeout(() => request.socket.destroy(), bodyMs);
  timer.unref();
  const stop = () => {
    clearTimeout(timer);
  };
  request.once('end', stop).once('close', stop);
}
