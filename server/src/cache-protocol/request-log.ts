import type { Logger } from 'pino';
import type { Ending, Exchange } from './exchange.js';

/**
 * A line for each request, and for each artifact of a batch, at debug: a build makes thousands. What somebody has to know stands there at info, too:
 * refused for what was sent, or failed. A miss (404) and an artifact that is there already (409) are neither.
 */
export function logEnding(logger: Logger, exchange: Exchange, { result, status, bytes }: Ending): void {
  const isWorthKnowing = status >= 400 && status !== 404 && status !== 409;
  const level = isWorthKnowing ? 'info' : 'debug';
  if (!logger.isLevelEnabled(level)) return;
  const { request, requestId, nxCloudId, access, isBatch } = exchange;
  logger[level](
    {
      method: request.method,
      // Never the address itself: what stands in it, its sender has chosen.
      route: isBatch ? '/w/:nxCloudId/v1/batch/:hashes' : '/w/:nxCloudId/v1/cache/:hash',
      status,
      result,
      bytes,
      ms: Math.round(performance.now() - exchange.begunAt),
      requestId,
      nxCloudId,
      actor: access?.actor.id ?? undefined,
    },
    'cache request',
  );
}
