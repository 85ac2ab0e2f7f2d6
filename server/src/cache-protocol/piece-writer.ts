import type { Exchange } from './exchange.js';

export interface PieceWriter {
  /** `false` when the client has gone away. */
  write(piece: Buffer): Promise<boolean>;
  /** Lets go of the connection, which goes on to other requests. */
  end(): void;
}

/**
 * Writes one piece after the other, each only when the socket has taken the one before: the memory of a piece is used
 * again for the next.
 */
export function pieceWriter({ request, response }: Exchange): PieceWriter {
  const { socket } = request;
  let settle: ((taken: boolean) => void) | undefined;
  const onWritten = (error?: Error | null) => settle?.(error === undefined || error === null);
  // Node calls a pending write's callback late or never when the connection is cut.
  const onClose = () => settle?.(false);
  socket.once('close', onClose);
  return {
    write: (piece) =>
      new Promise((resolve) => {
        settle = resolve;
        if (socket.destroyed) resolve(false);
        else response.write(piece, onWritten);
      }),
    end: () => {
      socket.off('close', onClose);
    },
  };
}
