import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordToken } from '../../../test/support/ledger.js';
import { paths } from '../../../src/protocol/paths.js';
import { newId } from '../../src/domain/secrets.js';
import { createMemoryGithub, githubIssuer, type MemoryGithub } from '../support/memory-github.js';
import { startTestServer, type TestServer, type TestUser } from '../support/test-server.js';

const minute = 60_000;
const secret = newId();
recordToken(secret);

const definitions = z.array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }));
const examplesFile = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
const examples = definitions.parse(JSON.parse(readFileSync(examplesFile, 'utf8')));

/** What GitHub has really sent, by event and action. */
function example(name: string, action: string): Record<string, unknown> {
  const event = examples.find((each) => each.name === name);
  const found = event?.examples.find((each) => each['action'] === action);
  if (found === undefined) throw new Error(`there is no example of ${name} ${action}`);
  return found;
}

let server: TestServer;
let github: MemoryGithub;
beforeEach(async () => {
  github = createMemoryGithub();
  server = await startTestServer({
    github: {
      gateway: github.gateway,
      webhookSecret: secret,
      reconcileEveryMs: 10 * minute,
    },
  });
});
afterEach(() => server.close());

/** Connects to the GitHub organization of the examples, in which hacktocat is somebody here. */
async function connectOctocoders(): Promise<TestUser> {
  const user = await server.addUser({ email: 'coder@acme.example', role: null });
  const { database } = server.services;
  for (const [owner, subject] of [
    [server.owner, '1'],
    [user, '39652351'],
  ] as const) {
    const identity = { issuer: githubIssuer, subject, userId: owner.id, label: subject, createdAt: server.now() };
    await database.identities.insert({
      ...identity,
      lastSignInAt: null,
      sealedRefreshToken: null,
      askedAt: null,
      checkedAt: null,
    });
  }
  github.organizations.push({
    githubOrganizationId: '38302899',
    login: 'Octocoders',
    installationId: '5',
    installation: 'active',
    members: new Map([
      ['1', { login: 'ada', isAdmin: true }],
      ['39652351', { login: 'hacktocat', isAdmin: false }],
    ]),
    teams: new Map(),
  });
  const connections = server.services.github;
  const organization = await database.organizations.findBySlug('acme');
  if (connections === null || organization === null) throw new Error('no connections');
  const actor = { kind: 'user', id: server.owner.id, name: server.owner.email } as const;
  const initiator = { actor, ipAddress: null, requestId: null };
  await connections.connect(organization, { login: 'Octocoders', adminRole: 'owner', teams: [] }, initiator);
  expect(await connections.reconcile(organization.id)).toBe('complete');
  return user;
}

interface Sending {
  event?: string;
  deliveryId?: string;
  signature?: string;
  headers?: Record<string, string>;
}

async function deliver(body: string | object, sending: Sending = {}): Promise<{ status: number; text: string }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(server.url + paths.githubWebhook, {
    method: 'POST',
    body: text,
    headers: {
      'content-type': 'application/json',
      'x-github-event': sending.event ?? 'organization',
      'x-github-delivery': sending.deliveryId ?? newId(),
      'x-hub-signature-256': sending.signature ?? sign(text),
      ...sending.headers,
    },
  });
  return { status: response.status, text: await response.text() };
}
const sign = (text: string, key = secret) => `sha256=${createHmac('sha256', key).update(text).digest('hex')}`;

/** The example of somebody who was added, as one of somebody who was removed. */
const removed = () => ({ ...example('organization', 'member_added'), action: 'member_removed' });
const isMember = async (user: TestUser) =>
  (await server.services.database.organizations.membership(user.id, server.organizationId)) !== null;

describe('a delivery from GitHub', () => {
  it('that removes somebody refuses the next request to the cache', async () => {
    const user = await connectOctocoders();
    const token = await server.addToken(user);
    const url = `${server.url}${paths.workspaceAccess(server.workspace.nxCloudId)}`;
    const because = async () =>
      (await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).json()) as { because: string };
    expect((await because()).because).toContain('you are a member of acme');
    expect(await deliver(removed())).toEqual({ status: 202, text: '{"outcome":"done"}' });
    expect((await because()).because).toContain('you are not a member of acme');
  });

  it('that was here before does nothing', async () => {
    const user = await connectOctocoders();
    const deliveryId = newId();
    expect(await deliver(removed(), { deliveryId })).toMatchObject({ status: 202 });
    await server.services.github?.reconcile(server.organizationId);
    server.passTime(minute);
    await server.services.github?.runChecks();
    expect(await isMember(user)).toBe(true);
    expect(await deliver(removed(), { deliveryId })).toEqual({ status: 200, text: '{"outcome":"replayed"}' });
    expect(await isMember(user)).toBe(true);
  });

  it.each([
    ['organization', 'member_added', 202],
    ['organization', 'renamed', 202],
    ['organization', 'member_invited', 200],
    ['membership', 'added', 202],
    ['membership', 'removed', 202],
    ['team', 'deleted', 202],
    ['team', 'edited', 202],
    ['team', 'added_to_repository', 200],
    ['installation', 'created', 200],
    ['installation', 'suspend', 202],
    ['installation', 'new_permissions_accepted', 200],
  ])('is answered as GitHub really sends it: %s %s with %i', async (event, action, status) => {
    await connectOctocoders();
    const payload = example(event, action);
    const here = { organization: { id: 38302899, login: 'Octocoders' } };
    const concerned =
      status === 202 ? { ...payload, ...('organization' in payload ? here : installationHere(payload)) } : payload;
    expect(await deliver(concerned, { event })).toMatchObject({ status });
  });

  it('is counted by what became of it, and nothing of it is logged', async () => {
    await connectOctocoders();
    await deliver(removed());
    await deliver(removed(), { signature: sign('another body') });
    const metrics = await (await fetch(server.url + paths.metrics)).text();
    for (const line of [
      'nxkey_github_deliveries_total{result="done"} 1',
      'nxkey_github_deliveries_total{result="bad-signature"} 1',
      'nxkey_github_connections{state="fine"} 1',
      'nxkey_github_held_members 0',
      'nxkey_github_checks_waiting 1',
    ]) {
      expect(metrics).toContain(line);
    }
    expect(metrics).not.toMatch(/Octocoders|hacktocat/);
    expect(server.log()).not.toMatch(/Octocoders|hacktocat/);
  });
});

function installationHere(payload: Record<string, unknown>): object {
  return { installation: { ...(payload['installation'] as object), id: 5 } };
}

describe('a request that is no delivery from GitHub', () => {
  it.each([
    ['without a signature', { signature: '' }],
    ['signed with another secret', { signature: sign(JSON.stringify(removed()), 'another') }],
    ['with the signature of another body', { signature: sign('{}') }],
    ['signed by the algorithm before', { signature: 'sha1=7d38cdd689735b008b3c702edd92eea23791c5f6' }],
    ['with a signature that is too short', { signature: sign(JSON.stringify(removed())).slice(0, -1) }],
  ])('is refused %s', async (_text, sending) => {
    const user = await connectOctocoders();
    const answer = await deliver(removed(), sending);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('The delivery has no signature, or another than with the webhook secret');
    expect(await isMember(user)).toBe(true);
  });

  it('is refused before its JSON is looked at', async () => {
    expect(await deliver('{', { signature: sign('[') })).toMatchObject({ status: 401 });
  });

  it('is refused when it is truncated, or no JSON, although it is signed', async () => {
    const text = JSON.stringify(removed());
    for (const body of [text.slice(0, -1), '', `payload=${encodeURIComponent(text)}`]) {
      const answer = await deliver(body);
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('The body is no JSON.')]);
    }
  });

  it('that ends half way does nothing', async () => {
    const user = await connectOctocoders();
    const text = JSON.stringify(removed());
    await new Promise<void>((resolve) => {
      const request = httpRequest(server.url + paths.githubWebhook, {
        method: 'POST',
        headers: { 'content-length': text.length, 'x-hub-signature-256': sign(text), 'x-github-event': 'organization' },
      });
      request.on('error', () => {
        resolve();
      });
      request.write(text.slice(0, 100), () => request.destroy());
      request.on('close', () => {
        resolve();
      });
    });
    expect(await isMember(user)).toBe(true);
  });

  it.each([
    ['no id', { headers: { 'x-github-delivery': '' } }],
    ['an id that is none', { deliveryId: 'a b\u00E9' }],
    ['no event', { headers: { 'x-github-event': '' } }],
  ])('is refused with %s', async (_text, sending) => {
    expect(await deliver(removed(), sending)).toMatchObject({ status: 400 });
  });

  it('is refused when it is larger than five mebibytes', async () => {
    const text = JSON.stringify({ filler: 'x'.repeat(5 * 1024 * 1024) });
    expect(await deliver(text)).toMatchObject({ status: 413 });
    expect(await deliver(JSON.stringify({ filler: 'x'.repeat(4 * 1024 * 1024) }))).toMatchObject({ status: 200 });
  });
});

it('there is no webhook on a server that is set up for no GitHub', async () => {
  const other = await startTestServer();
  const response = await fetch(other.url + paths.githubWebhook, { method: 'POST', body: '{}' });
  expect(response.status).toBe(404);
  await other.close();
});
