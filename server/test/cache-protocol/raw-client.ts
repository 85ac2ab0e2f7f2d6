import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordOutput } from '../../../test/support/ledger.js';

/** A connection that sends whatever bytes it is given. */
export class RawConnection {
  readonly socket: Socket;
  #received = '';

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')));
    // A reset is one of the ways in which a server may end it.
    this.socket.on('error', () => undefined);
  }

  get received(): string {
    return this.#received;
  }

  send(lines: string[], body = ''): void {
    this.socket.write([...lines, '', body].join('\r\n'));
  }

  /** Everything that came until the server closed the connection. */
  async untilClosed(): Promise<string> {
    // Not `once()` of node:events, which rejects at an error.
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
    recordOutput('nxkey-server answer of the cache', this.#received.slice(0, 10_000));
    return this.#received;
  }

  /** Waits for a text in what the server sends. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.socket.closed) throw new Error(`closed before "${text}" came: ${this.#received}`);
      await sleep(5);
    }
    return this.#received;
  }
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}
