import type { IncomingMessage } from 'node:http';

export interface DrainLimits {
  bytes: number;
  milliseconds: number;
}

/**
 * Receives the rest of a body and throws it away: a client that is still sending may never look at the answer.
 *
 * @returns whether its end came within the limits
 */
export function drain(request: IncomingMessage, limits: DrainLimits): Promise<boolean> {
  if (request.complete && request.readableEnded) return Promise.resolve(true);
  if (request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    let received = 0;
    const timer = setTimeout(settle, limits.milliseconds, false);
    function settle(complete: boolean): void {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(complete);
    }
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      if (received > limits.bytes) settle(false);
    };
    const onEnd = () => {
      settle(true);
    };
    const onClose = () => {
      settle(false);
    };
    request.on('data', onData).once('end', onEnd).once('close', onClose).resume();
  });
}
