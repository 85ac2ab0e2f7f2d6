import type { IncomingMessage } from 'node:http';

export interface UploadPace {
  everyMs: number;
  /** At least so many have to come in that time. */
  bytes: number;
}

/**
 * An upload may take hours, as long as it gets on: no limit on the whole of it would fit a slow line and an artifact of
 * 1 GiB. What is slower than this holds a connection and a temp file for nothing.
 */
export const defaultUploadPace: UploadPace = { everyMs: 30_000, bytes: 16 * 1024 };

/** Cuts the connection of an upload that is too slow. @returns a function that ends the watch */
export function watchUpload(request: IncomingMessage, { everyMs, bytes }: UploadPace): () => void {
  const { socket } = request;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    const received = socket.bytesRead - before;
    before = socket.bytesRead;
    // What has been received and not been taken yet waits for our disk.
    if (received < bytes && request.readableLength === 0 && !request.complete) socket.destroy();
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}
