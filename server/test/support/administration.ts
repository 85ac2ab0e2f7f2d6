import { recordToken } from '../../../test/support/ledger.js';
import type { AddedMember } from '../../../src/protocol/wire-types.js';
import { httpClient, type Answer } from './http.js';
import type { TestServer, TestUser } from './test-server.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Somebody who administers over REST with a personal access token, or tries to. */
export interface Administrator {
  user: TestUser;
  token: string;
  ask(method: Method, path: string, body?: object): Promise<Answer>;
}

export async function administrator(server: TestServer, user: TestUser): Promise<Administrator> {
  const token = await server.addToken(user);
  return { user, token, ask: (method, path, body) => ask(server, { method, path, body, token }) };
}

export async function ask(
  server: TestServer,
  { method, path, body, token }: { method: Method; path: string; body?: object | undefined; token?: string },
): Promise<Answer> {
  const answer = await httpClient(() => server.url).request(path, {
    method,
    ...(token !== undefined && { token }),
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  recordSecrets(answer.body);
  return answer;
}

/** What is shown once: a new CI access token, and the link of an invitation. */
function recordSecrets(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  if ('token' in body && typeof body.token === 'string') recordToken(body.token);
  if ('invitation' in body && body.invitation !== null) {
    recordToken((body as AddedMember).invitation?.url.split('/').at(-1) ?? '');
  }
}
