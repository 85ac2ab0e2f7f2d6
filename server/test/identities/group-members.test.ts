/** What can be done by hand about a membership that somebody has because of their groups at an identity provider. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { administrator, type Administrator } from '../support/administration.js';
import { signInVia } from '../support/at-provider.js';
import { identityProviderOf, prepareOidcProvider, type TestOidcProvider } from '../support/oidc-provider.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const email = 'grace@acme.example';

let oidc: TestOidcProvider;
let server: TestServer;
let owner: Administrator;
let grace: string;
beforeEach(async () => {
  oidc = await prepareOidcProvider({ groupRoles: [{ group: 'platform', organizationSlug: 'acme', role: 'admin' }] });
  server = await startTestServer({ identityProviders: [identityProviderOf(oidc)] });
  await oidc.open(`${server.url}/sign-in/oidc/callback`);
  oidc.accounts.set('grace-1', { email, email_verified: true, name: 'Grace Hopper', groups: ['platform'] });
  oidc.person = 'grace-1';
  await signInVia(new Person(server.url), 'oidc');
  owner = await administrator(server, server.owner);
  grace = (await server.services.database.users.findByEmail(email))?.id ?? '';
});
afterEach(async () => {
  await server.close();
  await oidc.close();
});

const path = () => `/api/v1/organizations/acme/members/${grace}`;
const membership = () => server.services.database.organizations.membership(grace, server.organizationId);

it('another role is refused, since the next check would undo it, saying where it is changed', async () => {
  const answer = await owner.ask('PATCH', path(), { role: 'member' });
  const detail = /has that role in acme because of their groups at .+\. Change there which groups they are in\.$/;
  expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringMatching(detail) as string } });
  expect(await membership()).toMatchObject({ role: 'admin', source: 'oidc' });
});

it('it can be ended, since not every provider can be asked, and is given again at the next sign-in', async () => {
  expect(await owner.ask('DELETE', path())).toMatchObject({ status: 204 });
  expect(await membership()).toBeNull();
  await signInVia(new Person(server.url), 'oidc');
  expect(await membership()).toMatchObject({ role: 'admin', source: 'oidc' });
});
