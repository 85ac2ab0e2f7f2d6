import { afterEach, beforeEach, expect, it } from 'vitest';
import { suspendOfFormerIssuers } from '../../src/domain/identities/former-issuers.js';
import { checkEveryMs } from '../../src/domain/identities/login-checks.js';
import type { IdentityProvider } from '../../src/domain/identities/provider.js';
import { signInVia } from '../support/at-provider.js';
import { identityProviderOf, type TestOidcProvider } from '../support/oidc-provider.js';
import { Person } from '../support/person.js';
import { grace, signedInByGroups, type SignedInByGroups } from '../support/signed-in-by-groups.js';
import type { TestServer } from '../support/test-server.js';

let world: SignedInByGroups;
let oidc: TestOidcProvider;
let server: TestServer;
beforeEach(async () => {
  world = await signedInByGroups({ group: 'platform', role: 'admin' });
  ({ oidc, server } = world);
});
afterEach(() => world.close());

/** As the server does when it is started with these. */
async function startWith(...providers: IdentityProvider[]): Promise<void> {
  const { database, clock } = server.services;
  await suspendOfFormerIssuers({ database, clock, providers });
}
const another = (): IdentityProvider => ({ ...identityProviderOf(oidc), issuer: 'https://new.example' });
const role = async (): Promise<string | undefined> => {
  const { users, organizations } = server.services.database;
  const user = await users.findByEmail(grace.email);
  return (await organizations.membership(user?.id ?? '', server.organizationId))?.role;
};
const suspended = async () =>
  (await server.services.database.auditEvents.find({ limit: 100 })).filter(
    ({ action }) => action === 'member.suspended',
  );

it.each([
  ['another provider', () => [another()]],
  ['GitHub alone', () => [{ ...another(), key: 'github' as const }]],
  ['none', () => []],
])('what the groups of a provider gave is suspended once the server is set up for %s', async (_text, providers) => {
  await startWith(...providers());
  await startWith(...providers());
  expect(await role()).toBeUndefined();
  expect(await suspended()).toMatchObject([
    {
      actor: { kind: 'operator', name: 'nxkey-server start' },
      organizationId: server.organizationId,
      target: grace.email,
      details: { source: 'oidc', cause: `the server is not set up for ${oidc.url} any more` },
    },
  ]);
});

it('nothing is suspended while the server is set up for the provider, nor what was given by hand', async () => {
  await startWith(identityProviderOf(oidc));
  expect(await role()).toBe('admin');
  await startWith(another());
  expect(await suspended()).toHaveLength(1);
  const { organizations } = server.services.database;
  expect(await organizations.membership(server.owner.id, server.organizationId)).toMatchObject({ role: 'owner' });
});

it('is given again by the next check, or sign-in, when the server is set up for the provider again', async () => {
  await startWith();
  server.passTime(checkEveryMs);
  await server.services.loginChecks.run();
  expect(await role()).toBe('admin');
  await startWith();
  expect(await role()).toBeUndefined();
  await signInVia(new Person(server.url), 'oidc');
  expect(await role()).toBe('admin');
});

it('the loss of the last owner is written down as well', async () => {
  const { database } = server.services;
  const user = await database.users.findByEmail(grace.email);
  const key = { userId: user?.id ?? '', organizationId: server.organizationId, source: 'oidc' } as const;
  await database.organizations.ofSource.setRole(key, 'owner');
  await database.organizations.removeMember(server.owner.id, server.organizationId);
  await startWith(another());
  const [event] = await database.auditEvents.find({ limit: 1 });
  expect(event).toMatchObject({
    action: 'organization.without-owner',
    details: { cause: `the server is not set up for ${oidc.url} any more` },
  });
});
