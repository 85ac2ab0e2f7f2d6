import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OrganizationInfo, Role, WhoAmI } from '../../../src/protocol/wire-types.js';
import { checkEveryMs } from '../../src/domain/identities/login-checks.js';
import { administrator, type Administrator } from '../support/administration.js';
import type { TestOidcProvider } from '../support/oidc-provider.js';
import type { Person } from '../support/person.js';
import { grace, signedInByGroups, type SignedInByGroups } from '../support/signed-in-by-groups.js';
import type { TestServer } from '../support/test-server.js';

let world: SignedInByGroups;
let oidc: TestOidcProvider;
let server: TestServer;
let person: Person;

/** `acme` is owned by Grace alone, since the provider has her in a group of owners. */
beforeEach(async () => {
  world = await signedInByGroups({ group: 'owners', role: 'owner' });
  ({ oidc, server, person } = world);
  const { organizations } = server.services.database;
  expect(await organizations.removeMember(server.owner.id, server.organizationId)).toBe(true);
});
afterEach(() => world.close());

const database = () => server.services.database;
const written = async () =>
  (await database().auditEvents.find({ limit: 100 }))
    .filter(({ action }) => action === 'organization.without-owner')
    .map(({ actor, target, details }) => [actor.name, target, details['cause']]);
const somebody = async (role: Role) =>
  await administrator(server, await server.addUser({ email: `${role}@acme.example`, role }));
const check = async () => {
  server.passTime(checkEveryMs);
  await server.services.loginChecks.run();
};
const warnings = async (admin: Administrator) => {
  const { body } = await admin.ask('GET', '/api/v1/organizations/acme');
  return (body as OrganizationInfo).warnings;
};

it('the last owner loses what the groups give no more; the log says so, and the admins what to do', async () => {
  const [admin, member] = [await somebody('admin'), await somebody('member')];
  expect(await warnings(admin)).toEqual([]);
  oidc.accounts.set('grace-1', { ...grace, groups: [] });
  await check();
  expect(await database().organizations.hasOwner(server.organizationId)).toBe(false);
  const cause = 'Acme SSO: in no group for this organization any more, when asked about their login';
  expect(await written()).toEqual([['Acme SSO', grace.email, cause]]);
  const [warning] = await warnings(admin);
  expect(warning).toContain('acme has no owner');
  expect(warning).toContain('nxkey-server member role --data <folder> --org acme --email <address> --role owner');
  const { organizations } = (await admin.ask('GET', '/api/v1/me')).body as WhoAmI;
  expect(organizations).toMatchObject([{ slug: 'acme', warnings: [warning] }]);
  expect(await warnings(member)).toEqual([]);
});

it('the last owner is suspended when the provider refuses them', async () => {
  oidc.accounts.delete('grace-1');
  await check();
  expect(await written()).toEqual([['Acme SSO', grace.email, 'Acme SSO: grace@acme.example may not sign in any more']]);
});

it('the last owner cannot unlink the identity that makes them one', async () => {
  const user = await database().users.findByEmail(grace.email);
  await database().users.setPasswordHash(user?.id ?? '', 'hash', server.now());
  const refused = await person.submitTo(await person.get('/sign-in-methods'), '/sign-in-methods/unlink');
  expect(refused.status).toBe(409);
  expect(refused.html).toContain('You are the last owner of acme, because of grace@acme.example at Acme SSO');
  expect(await database().organizations.hasOwner(server.organizationId)).toBe(true);
  await server.addUser({ email: 'heidi@acme.example', role: 'owner' });
  const done = await person.submitTo(await person.get('/sign-in-methods'), '/sign-in-methods/unlink');
  expect(done.status).not.toBe(409);
  expect(await database().identities.ofUser(user?.id ?? '')).toEqual([]);
  expect(await written()).toEqual([]);
});
