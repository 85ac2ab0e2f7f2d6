import { afterEach, beforeEach, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { recordToken } from '../../../test/support/ledger.js';
import { removeExpired } from '../../src/domain/clean-up.js';
import { hashSecret } from '../../src/domain/secrets.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const hour = 60 * 60 * 1000;
const nowhere = { ipAddress: null, requestId: null };

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

it('removes what has expired, and nothing that still works', async () => {
  const { database, signIn, personalAccessTokens } = server.services;
  const [oldSession, oldToken] = [
    await signIn.begin(server.owner, 'password', nowhere),
    await server.addToken(server.owner),
  ];
  server.passTime(90 * 24 * hour);
  const [session, token] = [await signIn.begin(server.owner, 'password', nowhere), await server.addToken(server.owner)];
  for (const secret of [oldSession, session]) recordToken(secret);

  await removeExpired(database, server.now());
  expect(await database.sessions.findByHash(hashSecret(oldSession))).toBeNull();
  expect(await database.personalAccessTokens.findByHash(hashSecret(oldToken))).toBeNull();
  expect(await signIn.resume(session)).toMatchObject({ id: server.owner.id });
  expect(await personalAccessTokens.inspect(token)).not.toBeNull();
});

it('lets a client that slept for hours still hear that its code has expired', async () => {
  const { deviceCode } = await server.beginLogin();
  const poll = async () => {
    await removeExpired(server.services.database, server.now());
    return (await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, nowhere)).kind;
  };
  server.passTime(23 * hour);
  expect(await poll()).toBe('expired');
  server.passTime(2 * hour);
  expect(await poll()).toBe('unknown');
});
