import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import { headers } from '../../../src/protocol/headers.js';
import type { ServerConfig } from '../config.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import { newId } from '../domain/secrets.js';
import type { Services } from '../domain/services.js';
import type { AppContext, AppEnv } from './app-env.js';
import { clientAddress } from './client-address.js';

/** Gives a request its id, tells the handlers what they work with, and writes one line when it is done. */
export function requestContext({
  services,
  artifacts,
  config,
  logger,
}: {
  services: Services;
  artifacts: ArtifactCache;
  config: ServerConfig;
  logger: Logger;
}) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const begun = performance.now();
    const requestId = newId();
    c.set('requestId', requestId);
    c.set('services', services);
    c.set('artifacts', artifacts);
    c.set('config', config);
    const { incoming } = c.env;
    const forwardedFor = c.req.header('x-forwarded-for');
    c.set('ipAddress', clientAddress(incoming.socket.remoteAddress, forwardedFor, config.trustedProxyHops));
    c.header(headers.requestId, requestId);
    await next();
    logger.info(
      {
        method: c.req.method,
        route: routePattern(c),
        status: c.res.status,
        ms: Math.round(performance.now() - begun),
        requestId,
        userId: c.get('userId'),
      },
      'request',
    );
  });
}

/** The route and never the URL, in which an invitation's secret or a user code may stand. */
function routePattern(c: AppContext): string {
  const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
  return route?.path ?? 'none';
}
