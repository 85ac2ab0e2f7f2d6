import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { cliClientId } from '../../src/protocol/oauth.js';
import { paths } from '../../src/protocol/paths.js';
import type { NxkeyServer } from '../support/nxkey-server.js';
import type { Credential } from './credentials.js';

/** Ends rights in every way there is. */
export class Revoker {
  readonly #server: NxkeyServer;
  readonly #ownerToken: string;
  readonly #http: Pool;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<string, (removed: boolean) => void>();

  /** @param ownerToken a personal access token of an owner, which is none of those to be revoked */
  static async start(server: NxkeyServer, ownerToken: string, connections: number): Promise<Revoker> {
    const program = fileURLToPath(new URL('second-process.ts', import.meta.url));
    const child = fork(program, [server.dataFolder], { execArgv: ['--import', 'tsx'] });
    await once(child, 'message');
    return new Revoker(server, ownerToken, new Pool(server.url, { connections }), child);
  }

  private constructor(server: NxkeyServer, ownerToken: string, http: Pool, child: ChildProcess) {
    this.#server = server;
    this.#ownerToken = ownerToken;
    this.#http = http;
    this.#process = child;
    child.on('message', (message: { id: string; removed: boolean }) => {
      this.#waiting.get(message.id)?.(message.removed);
      this.#waiting.delete(message.id);
    });
  }

  /** Fulfilled once the revocation is acknowledged. @throws {Error} when it is refused */
  async revoke({ way, id, secret }: Credential): Promise<void> {
    switch (way) {
      case 'delete CI token':
        return this.#delete(paths.ciTokenById(this.#server.nxCloudId, id));
      case 'delete own token':
        return this.#delete(paths.myToken(id));
      case 'remove member':
        return this.#delete(paths.member('acme', id));
      case 'RFC 7009':
        return this.#send('POST', paths.revocation, {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ token: secret, client_id: cliClientId }).toString(),
        });
      case 'second process': {
        const acknowledged = new Promise<boolean>((resolve) => this.#waiting.set(id, resolve));
        this.#process.send(id);
        if (!(await acknowledged)) throw new Error('the second process found no such token');
      }
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }

  #delete(path: string): Promise<void> {
    return this.#send('DELETE', path, { headers: { authorization: `Bearer ${this.#ownerToken}` } });
  }

  async #send(
    method: 'DELETE' | 'POST',
    path: string,
    options: { headers: Record<string, string>; body?: string },
  ): Promise<void> {
    const { statusCode, body } = await this.#http.request({ method, path, ...options });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} was answered with ${statusCode}: ${text}`);
  }
}
