import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GithubGateway } from '../../src/domain/github/gateway.js';
import { gatewayTo, organizationRef, personRef } from '../support/github/gateway.js';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';
import type { DoubleInstallation, DoubleOrganization, DoubleUser } from '../support/github/world.js';

let github: GithubDouble;
let acme: DoubleOrganization;
let installation: DoubleInstallation;
let ada: DoubleUser;
let bob: DoubleUser;
let gateway: GithubGateway;

// What is asked for exists at github.com and on servers of one's own.
describe.each(['api.github.com', 'ghes-3.17'] as const)('one person, as %s describes it', (description) => {
  beforeEach(async () => {
    github = await startGithubDouble({ description });
    acme = github.world.addOrganization({ login: 'acme' });
    installation = github.world.install(acme);
    ada = github.world.addUser({ login: 'ada' });
    bob = github.world.addUser({ login: 'bob' });
    github.world.addMember(acme, ada, { role: 'admin' });
    github.world.addMember(acme, bob);
    gateway = gatewayTo(github);
  });
  afterEach(async () => {
    await github.close();
  });

  const membership = (user: { id: number; login: string }) =>
    gateway.membership(organizationRef(installation), personRef(user));

  it('is an owner, or a member', async () => {
    expect(await membership(ada)).toEqual({ isAdmin: true, login: 'ada' });
    expect(await membership(bob)).toEqual({ isAdmin: false, login: 'bob' });
  });

  it('is no member: a stranger, one who was removed, one who is only invited, one whose account is gone', async () => {
    const stranger = github.world.addUser({ login: 'stranger' });
    const invited = github.world.addUser({ login: 'invited' });
    github.world.addMember(acme, invited, { state: 'pending' });
    const gone = github.world.addUser({ login: 'gone' });
    github.world.removeUser(gone);
    github.world.removeMember(acme, bob);
    for (const user of [stranger, invited, gone, bob]) expect(await membership(user)).toBeNull();
  });

  it('is found under a new name', async () => {
    github.world.renameUser(bob, 'robert');
    expect(await membership({ id: bob.id, login: 'bob' })).toEqual({ isAdmin: false, login: 'robert' });
  });

  it('is not somebody else who has got the name', async () => {
    github.world.removeMember(acme, bob);
    github.world.renameUser(bob, 'robert');
    const other = github.world.addUser({ login: 'bob' });
    github.world.addMember(acme, other, { role: 'admin' });
    expect(await membership({ id: bob.id, login: 'bob' })).toBeNull();
    expect(await membership(other)).toEqual({ isAdmin: true, login: 'bob' });
  });

  it('stays a member when the organization has another name, and its own is another one’s', async () => {
    const organization = organizationRef(installation);
    acme.login = 'acme-renamed';
    expect(await gateway.membership(organization, personRef(ada))).toEqual({ isAdmin: true, login: 'ada' });
    const stranger = github.world.addOrganization({ login: 'acme' });
    github.world.addMember(stranger, bob, { role: 'admin' });
    github.world.install(stranger);
    const asked = gateway.membership(organization, personRef(bob));
    // GitHub does not tell our installation of members elsewhere.
    await expect(asked).rejects.toThrow(/refuses \(403\)/);
  });

  it('is not said to be no member when the App is not installed any more', async () => {
    await membership(ada);
    github.world.uninstall(installation);
    const asked = membership(ada);
    await expect(asked).rejects.toThrow(
      'GitHub at 127.0.0.1 was asked for the membership of ada in acme: the GitHub App is not installed there any ' +
        'more. An owner there can install it again.',
    );
  });

  it('is not said to be no member when the App is suspended', async () => {
    await membership(ada);
    installation.suspendedAt = Date.now();
    await expect(gatewayTo(github).membership(organizationRef(installation), personRef(ada))).rejects.toThrow(
      'the GitHub App is suspended there. An owner there can end that.',
    );
  });

  it('is in a team, or in a child of it; also under a new name, and not somebody else who has the old one', async () => {
    const platform = github.world.addTeam(acme, 'platform');
    const storage = github.world.addTeam(acme, 'storage', platform);
    github.world.addToTeam(storage, bob);
    const isMember = (user: { id: number; login: string }) =>
      gateway.isTeamMember(organizationRef(installation), String(platform.id), personRef(user));
    expect(await isMember(bob)).toBe(true);
    expect(await isMember(ada)).toBe(false);
    github.world.renameUser(bob, 'robert');
    github.world.renameUser(ada, 'bob');
    expect(await isMember({ id: bob.id, login: 'bob' })).toBe(true);
    expect(await isMember({ id: ada.id, login: 'robert' })).toBe(false);
    github.world.removeTeam(platform);
    expect(await isMember(bob)).toBe(false);
    github.world.removeUser(ada);
    expect(await isMember(ada)).toBe(false);
  });
});
