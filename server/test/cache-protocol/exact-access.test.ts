import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';
import { hashSecret } from '../../src/domain/secrets.js';
import { nxkeyServer } from '../support/command-line.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { bearer, get, put } from './cache-client.js';
import { RawConnection, statusOf } from './raw-client.js';

let server: TestServer;
/** Another process with the same data folder, such as a command of the operator. */
let operator: Database;
beforeEach(async () => {
  server = await startTestServer();
  operator = await openSqliteDatabase(server.dataFolder);
});
afterEach(async () => {
  await operator.close();
  await server.close();
});

const target = () => ({ url: server.url, nxCloudId: server.workspace.nxCloudId });
const readStatus = async (sent: Record<string, string>) => (await get(target(), '1', sent)).status;

async function storeOne(): Promise<void> {
  expect((await put(target(), '1', bearer(await server.addCiToken('read-write')))).status).toBe(200);
}

describe('the very next request', () => {
  it('is refused when the operator has revoked the token at the command line', async () => {
    await storeOne();
    const sent = bearer(await server.addCiToken('read-only', { name: 'to be revoked' }));
    expect(await readStatus(sent)).toBe(200);
    const tokens = await operator.ciAccessTokens.ofWorkspace(server.workspace.id);
    const id = tokens.find(({ name }) => name === 'to be revoked')?.id ?? '';
    const { exitCode } = await nxkeyServer(['ci-token', 'revoke', '--data', server.dataFolder, '--id', id]);
    expect(exitCode).toBe(0);
    expect(await readStatus(sent)).toBe(401);
  });

  it('sees each of a hundred changes that another process makes', async () => {
    await storeOne();
    for (let round = 0; round < 50; round++) {
      await operator.workspaces.setAccess(server.workspace.id, presets.recommended);
      expect(await readStatus({})).toBe(404);
      await operator.workspaces.setAccess(server.workspace.id, presets['open-source']);
      expect(await readStatus({})).toBe(200);
    }
  });

  it('is refused when the person’s token is gone, and allowed again with another', async () => {
    await storeOne();
    const token = await server.addToken(server.owner);
    expect(await readStatus(bearer(token))).toBe(200);
    await operator.personalAccessTokens.removeByHash(hashSecret(token));
    expect(await readStatus(bearer(token))).toBe(401);
    expect(await readStatus(bearer(await server.addToken(server.owner)))).toBe(200);
  });

  it('is allowed for somebody who has just become a member', async () => {
    await storeOne();
    await server.services.database.workspaces.setAccess(server.workspace.id, presets.recommended);
    const newcomer = await server.addUser({ email: 'new@acme.example', role: null });
    const sent = bearer(await server.addToken(newcomer));
    expect(await get(target(), '1', sent)).toMatchObject({
      status: 404,
      body: 'you are not a member of acme; anonymous access is off',
    });
    const { organizationId } = server;
    const membership = { userId: newcomer.id, organizationId, role: 'member', source: 'manual', createdAt: 1 } as const;
    await operator.organizations.addMember(membership);
    expect(await readStatus(sent)).toBe(200);
  });
});

describe('an upload', () => {
  it('is not published when the right to it has ended while it was on its way', async () => {
    const token = await server.addCiToken('read-write');
    const connection = new RawConnection(server.url);
    const path = `/w/${server.workspace.nxCloudId}/v1/cache/1`;
    const head = [`PUT ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, 'Content-Length: 10'];
    connection.send(head, 'hello');
    while (readdirSync(join(server.dataFolder, 'artifacts', 'incoming')).length === 0) await sleep(5);
    const [used] = await operator.ciAccessTokens.ofWorkspace(server.workspace.id);
    await operator.ciAccessTokens.remove(used?.id ?? '');
    connection.socket.write('world');
    expect(statusOf(await connection.until('revoked'))).toBe(401);
    expect((await get(target(), '1', bearer(await server.addCiToken('read-write')))).status).toBe(404);
    connection.socket.destroy();
  });
});

describe('the scope', () => {
  it('of a read-only CI token is its own, by branch, and is never seen from the trusted one', async () => {
    const main = bearer(await server.addCiToken('read-write'));
    const fork = bearer(await server.addCiToken('read-only', { name: 'fork' }));
    const otherFork = bearer(await server.addCiToken('read-only', { name: 'other fork' }));
    const onBranch = { ...target(), branch: 'feature/x' };
    expect((await put(target(), '7', fork, 'poison')).status).toBe(200);
    expect((await put(onBranch, '8', fork, 'on a branch')).status).toBe(200);

    expect((await get(target(), '7', fork)).body).toBe('poison');
    expect((await get(onBranch, '8', fork)).body).toBe('on a branch');
    for (const [where, hash, who] of [
      [target(), '7', main],
      [target(), '7', otherFork],
      [onBranch, '7', fork],
      [target(), '8', fork],
      [onBranch, '8', otherFork],
      [onBranch, '8', main],
    ] as const) {
      expect((await get(where, hash, who)).status).toBe(404);
    }

    // Whoever wrote first in one scope does not keep anybody from writing in another.
    expect((await put(target(), '7', main, 'the real one')).status).toBe(200);
    expect((await get(target(), '7', fork)).body).toBe('the real one');
  });

  it('keeps the first complete write: the second gets 409', async () => {
    const sent = bearer(await server.addCiToken('read-write'));
    expect((await put(target(), '9', sent, 'first')).status).toBe(200);
    expect(await put(target(), '9', sent, 'second')).toMatchObject({ status: 409, type: 'text/plain' });
    expect((await get(target(), '9', sent)).body).toBe('first');
  });
});

describe('refused access', () => {
  it('is in the audit log and in the log, with the same request id and without the token', async () => {
    const stranger = await server.addUser({ email: 'stranger@other.example', role: null });
    await operator.workspaces.setAccess(server.workspace.id, presets.recommended);
    const answer = await put(target(), '1', bearer(await server.addToken(stranger)));
    expect(answer.status).toBe(403);
    const requestId = answer.headers.get('x-request-id') ?? '';
    await server.close();
    const events = await operator.auditEvents.find({ actions: ['access.refused'], limit: 10 });
    expect(events).toMatchObject([
      {
        actor: { kind: 'user', id: stranger.id, name: 'stranger@other.example' },
        organizationId: server.organizationId,
        workspaceId: server.workspace.id,
        details: { operation: 'write', reason: 'anonymous-off' },
        ipAddress: '127.0.0.1',
        requestId,
        count: 1,
      },
    ]);
    const [line = ''] = server
      .log()
      .split('\n')
      .filter((entry) => entry.includes(requestId));
    expect(JSON.parse(line)).toMatchObject({ level: 30, status: 403, result: 'refused', method: 'PUT' });
    await restart();
  });
});

/** A closed one cannot be closed again. */
async function restart(): Promise<void> {
  server = await startTestServer();
}

describe('stopping the server', () => {
  it('lets an upload and a download end, and takes no new connection', async () => {
    const token = await server.addCiToken('read-write');
    const body = 'a'.repeat(8_000_000);
    await put(target(), '1', bearer(token), body);
    const path = (hash: string) => `/w/${server.workspace.nxCloudId}/v1/cache/${hash}`;
    const authorization = `Authorization: Bearer ${token}`;
    const reader = new RawConnection(server.url);
    reader.socket.pause();
    reader.send([`GET ${path('1')} HTTP/1.1`, 'Host: x', authorization]);
    const writer = new RawConnection(server.url);
    writer.send([`PUT ${path('2')} HTTP/1.1`, 'Host: x', authorization, 'Content-Length: 10'], 'hello');
    while (readdirSync(join(server.dataFolder, 'artifacts', 'incoming')).length === 0) await sleep(5);

    const closed = server.close();
    const refused = new RawConnection(server.url);
    await refused.untilClosed();
    expect(refused.received).toBe('');
    writer.socket.write('world');
    reader.socket.resume();
    expect(statusOf(await writer.untilClosed())).toBe(200);
    expect((await reader.untilClosed()).length).toBeGreaterThan(body.length);
    await closed;
    await restart();
  });

  it('cuts what takes longer than it is given', async () => {
    await server.close();
    server = await startTestServer({ shutdownGraceMs: 50 });
    const token = await server.addCiToken('read-write');
    const writer = new RawConnection(server.url);
    const path = `/w/${server.workspace.nxCloudId}/v1/cache/2`;
    writer.send([`PUT ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, 'Content-Length: 10'], 'hello');
    while (readdirSync(join(server.dataFolder, 'artifacts', 'incoming')).length === 0) await sleep(5);
    const cut = once(writer.socket, 'close');
    await server.close();
    await cut;
    expect(writer.received).toBe('');
    await restart();
  });
});
