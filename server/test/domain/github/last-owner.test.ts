import { beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../../../src/domain/model.js';
import { createPasswordHasher } from '../../../src/domain/passwords.js';
import { createServices } from '../../../src/domain/services.js';
import { byUser } from '../../../src/domain/audit-log.js';
import { grace, heidi, hour, staleAfterMs, useGithubFixture } from './github-fixture.js';

/** `acme` is owned by Grace alone, since she owns the GitHub organization. */
const fixture = useGithubFixture();
const ada = { githubUserId: '1', login: 'ada' };
let user: User;
beforeEach(async () => {
  fixture().join({ ...grace, isAdmin: true });
  await fixture().connect({ adminRole: 'owner' });
  user = await fixture().addUser(grace);
  const { database, acme, owner } = fixture();
  fixture().leave(ada);
  await fixture().reconcile();
  expect(await database.organizations.removeMember(owner.id, acme.id)).toBe(true);
});

const owners = async () =>
  (await fixture().database.organizations.members(fixture().acme.id))
    .filter(({ membership }) => membership.role === 'owner' && membership.suspendedAt === null)
    .map(({ user: { name } }) => name);
const written = async () =>
  (await fixture().events())
    .filter(({ action }) => action === 'organization.without-owner')
    .map(({ actor, target, details }) => [actor.name, target, details['cause']]);

describe('the last owner of an organization', () => {
  it('is removed with the webhook all the same, and the log says that nobody is left, and why', async () => {
    fixture().leave(grace);
    expect(await fixture().tell('member_removed', grace, 'delivery-1')).toBe('done');
    expect(await owners()).toEqual([]);
    const cause = 'GitHub: removed from acme-inc by webhook delivery delivery-1';
    expect(await written()).toEqual([['acme-inc', 'grace@acme.example', cause]]);
  });

  it('is one no more when they own the GitHub organization no more', async () => {
    fixture().join(grace);
    await fixture().reconcile();
    expect(await fixture().membership(user)).toMatchObject({ role: 'member' });
    const cause = 'GitHub: another role in acme-inc, found by reconciliation';
    expect(await written()).toEqual([['acme-inc', 'grace@acme.example', cause]]);
  });

  it('is suspended when GitHub has confirmed nobody for too long, and owns it again as soon as it does', async () => {
    fixture().passTime(staleAfterMs + hour);
    await fixture().suspendStale();
    expect(await owners()).toEqual([]);
    const cause = 'GitHub: has not said for 24 hours who the members of acme-inc are';
    expect(await written()).toEqual([['acme-inc', 'grace@acme.example', cause]]);
    await fixture().reconcile();
    expect(await owners()).toEqual(['grace']);
  });

  it('leaves it without a word to another who comes with the same reconciliation', async () => {
    await fixture().addUser(heidi);
    fixture().join(grace, { ...heidi, isAdmin: true });
    await fixture().reconcile();
    expect(await owners()).toEqual(['heidi']);
    expect(await written()).toEqual([]);
  });

  it('cannot unlink the account that makes them one', async () => {
    const { database, github, connections, now } = fixture();
    await database.users.setPasswordHash(user.id, 'hash', now());
    const passwords = createPasswordHasher({ n: 16, r: 1, p: 1 });
    const services = createServices({ database, clock: now, passwords, tokenIdleDays: 90, github: connections });
    const identity = { issuer: github.gateway.issuer, subject: grace.githubUserId };
    const unlink = () => services.unlinkIdentity(user, identity, { ipAddress: null, requestId: null });
    await expect(unlink()).rejects.toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('You are the last owner of acme, because of grace at ') as string,
    });
    expect(await owners()).toEqual(['grace']);
    expect(await database.identities.ofUser(user.id)).toHaveLength(1);
    expect((await fixture().events()).map(({ action }) => action)).not.toContain('identity.unlinked');
    expect(await written()).toEqual([]);

    await fixture().addUser(heidi);
    fixture().join({ ...heidi, isAdmin: true });
    await fixture().reconcile();
    await unlink();
    expect(await owners()).toEqual(['heidi']);
    expect(await fixture().membership(user)).toBeNull();
  });
});

describe('roles at GitHub by which nobody would own an organization', () => {
  const byGrace = () => byUser(user, { ipAddress: null, requestId: null });

  it('are refused, and everything stays as it was', async () => {
    const { connections, acme } = fixture();
    await expect(connections.change(acme, { adminRole: 'admin' }, byGrace())).rejects.toMatchObject({
      reason: 'conflict',
      message: 'All owners of acme are its owners by GitHub, and would be none any more.',
    });
    expect(await owners()).toEqual(['grace']);
    expect(await connections.show(acme)).toMatchObject({ adminRole: 'owner', teams: [] });
    expect((await fixture().events()).map(({ action }) => action)).not.toContain('github.changed');
  });

  it('are taken where a team makes an owner of one, or somebody was made one by hand', async () => {
    const { connections, acme, acmeInc, database, now } = fixture();
    acmeInc.teams.set('5', { slug: 'platform', members: new Set([grace.githubUserId]) });
    await connections.change(acme, { teams: [{ slug: 'platform', role: 'owner' }] }, byGrace());
    await connections.change(acme, { adminRole: 'admin' }, byGrace());
    expect(await owners()).toEqual(['grace']);

    const manual = { userId: fixture().owner.id, organizationId: acme.id, role: 'owner', source: 'manual' } as const;
    await database.organizations.addMember({ ...manual, createdAt: now() });
    await connections.change(acme, { teams: [] }, byGrace());
    expect(await owners()).toEqual(['ada']);
  });
});
