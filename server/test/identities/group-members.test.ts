/** What can be done by hand about a membership that somebody has because of their groups at an identity provider. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { administrator, type Administrator } from '../support/administration.js';
import { signInVia } from '../support/at-provider.js';
import { Person } from '../support/person.js';
import { grace, signedInByGroups, type SignedInByGroups } from '../support/signed-in-by-groups.js';
import type { TestServer } from '../support/test-server.js';

let world: SignedInByGroups;
let server: TestServer;
let owner: Administrator;
let graceId: string;
beforeEach(async () => {
  world = await signedInByGroups({ group: 'platform', role: 'admin' });
  ({ server } = world);
  owner = await administrator(server, server.owner);
  graceId = (await server.services.database.users.findByEmail(grace.email))?.id ?? '';
});
afterEach(() => world.close());

const path = () => `/api/v1/organizations/acme/members/${graceId}`;
const membership = () => server.services.database.organizations.membership(graceId, server.organizationId);

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
