import type { ServerResponse } from 'node:http';

/**
 * Begins a request when the answers to those before it on its connection have been sent (pipelining, RFC 9112 §9.3.2).
 * Node begins all of them at once and keeps the answers until it is their turn: the thousand requests that fit into one
 * read of 64 KiB would then hold a thousand artifacts in memory, for a client that reads none of them.
 */
export function inTurn(response: ServerResponse, begin: () => void): void {
  // Node gives an answer the socket, and says so, when it is its turn.
  if (response.socket === null) response.once('socket', begin);
  else begin();
}
