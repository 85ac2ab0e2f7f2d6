import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DoubleApp } from '../../server/test/support/github/credentials.js';
import type { RequestCounts } from '../../server/test/support/github/github-double.js';
import type { Delivery } from '../../server/test/support/github/webhooks.js';
import { GithubWorld } from '../../server/test/support/github/world.js';
import { populate, type Population, type PopulationSize } from './population.js';

/** What is asked of the process, one order at a time. */
export type GithubOrder =
  { kind: 'remove'; userId: number } | { kind: 'say-changed' } | { kind: 'requests' } | { kind: 'token' };

export interface GithubReady {
  url: string;
  app: DoubleApp;
}

export interface RequestsSeen {
  /** For pages of a list of members. */
  pages: RequestCounts;
  /** For a token of the installation, which holds for an hour. */
  tokens: RequestCounts;
  all: RequestCounts;
}

/** A GitHub in a process of its own, with one organization and the App in it. */
export class GithubProcess {
  readonly url: string;
  readonly app: DoubleApp;
  /** A copy: what happens there later is not seen here. */
  readonly population: Population;
  readonly #process: ChildProcess;

  static async start(size: PopulationSize): Promise<GithubProcess> {
    const program = fileURLToPath(new URL('double-process.ts', import.meta.url));
    const child = fork(program, [JSON.stringify(size)], { execArgv: ['--import', 'tsx'] });
    return new GithubProcess(child, (await nextMessage(child)) as GithubReady, size);
  }

  private constructor(child: ChildProcess, { url, app }: GithubReady, size: PopulationSize) {
    this.#process = child;
    this.url = url;
    this.app = app;
    this.population = populate(new GithubWorld(), size);
  }

  /** What an operator sets for nxkey-server. */
  get environment(): NodeJS.ProcessEnv {
    const { id, privateKey, webhookSecret, clientId, clientSecret } = this.app;
    return {
      NXKEY_GITHUB_URL: this.url,
      NXKEY_GITHUB_APP_ID: String(id),
      NXKEY_GITHUB_PRIVATE_KEY: privateKey,
      NXKEY_GITHUB_WEBHOOK_SECRET: webhookSecret,
      NXKEY_GITHUB_CLIENT_ID: clientId,
      NXKEY_GITHUB_CLIENT_SECRET: clientSecret,
    };
  }

  /** Takes somebody out of the organization. @returns the webhook for it, which nobody has sent yet */
  async remove(userId: number): Promise<Delivery> {
    return (await this.#ask({ kind: 'remove', userId })) as Delivery;
  }

  /** @returns a webhook after which nxkey-server looks at all members anew, and which changes nothing */
  async sayChanged(): Promise<Delivery> {
    return (await this.#ask({ kind: 'say-changed' })) as Delivery;
  }

  /** Those since the last time that this was asked. */
  async requests(): Promise<RequestsSeen> {
    return (await this.#ask({ kind: 'requests' })) as RequestsSeen;
  }

  /** A token of the installation; nobody may print it. */
  async token(): Promise<string> {
    return (await this.#ask({ kind: 'token' })) as string;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || !this.#process.connected) return;
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }

  async #ask(order: GithubOrder): Promise<unknown> {
    const answered = nextMessage(this.#process);
    this.#process.send(order);
    return await answered;
  }
}

/** @throws {Error} when the process ends instead */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const onExit = () => {
    ended.abort();
  };
  child.once('exit', onExit);
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as [unknown];
    return message;
  } catch (error) {
    throw new Error('the GitHub that nxkey-server is measured with has ended', { cause: error });
  } finally {
    child.off('exit', onExit);
  }
}
