import { afterEach, beforeEach } from 'vitest';
import { tempDir } from '../../../../test/support/temp-dir.js';
import { openTestDatabase } from '../../support/test-database.js';
import { byUser, type Initiator } from '../../../src/domain/audit-log.js';
import {
  createGithubConnections,
  type GithubConnections,
  type NewConnection,
} from '../../../src/domain/github/connections.js';
import { suspendStale } from '../../../src/domain/github/staleness.js';
import type { AuditEvent, Membership, Organization, User } from '../../../src/domain/model.js';
import type { Database } from '../../../src/domain/repositories.js';
import { newId } from '../../../src/domain/secrets.js';
import {
  createMemoryGithub,
  githubIssuer,
  type MemoryGithub,
  type MemoryOrganization,
} from '../../support/memory-github.js';

export const [minute, hour] = [60_000, 3_600_000];

/** A person at GitHub. */
export interface Account {
  githubUserId: string;
  login: string;
}

export const grace: Account = { githubUserId: '11', login: 'grace' };
export const heidi: Account = { githubUserId: '12', login: 'heidi' };
export const ivan: Account = { githubUserId: '13', login: 'ivan' };
export const judy: Account = { githubUserId: '14', login: 'judy' };

/** Ada owns `acme` here, and is `ada` (1), an owner of the GitHub organization `acme-inc` (700). */
export interface GithubFixture {
  database: Database;
  github: MemoryGithub;
  connections: GithubConnections;
  acme: Organization;
  acmeInc: MemoryOrganization;
  owner: User;
  initiator: Initiator;
  now: () => number;
  passTime(milliseconds: number): void;
  /** Begins anew with what is in the database, as after a restart of the server. */
  restart(): void;
  addOrganization(slug: string): Promise<Organization>;
  addGithubOrganization(id: string, login: string): MemoryOrganization;
  /** An account here; linked to the one at GitHub. Signs in, unless it is told not to. */
  addUser(account: Account, options?: { signsIn?: boolean }): Promise<User>;
  signIn(user: User, account: Account): Promise<void>;
  /** Puts people into `acme-inc` at GitHub; nobody tells the server. */
  join(...accounts: (Account & { isAdmin?: boolean })[]): void;
  leave(...accounts: Account[]): void;
  connect(request?: Partial<NewConnection>, organization?: Organization): Promise<void>;
  reconcile(organization?: Organization): Promise<string>;
  suspendStale(): Promise<void>;
  /** Delivers a webhook about somebody and `acme-inc`. */
  tell(action: 'member_added' | 'member_removed', account: Account, deliveryId?: string): Promise<string>;
  membership(user: User, organization?: Organization): Promise<Membership | null>;
  /** What happened, oldest first. */
  events(): Promise<AuditEvent[]>;
}

/** A fresh one for each test. */
export function useGithubFixture(): () => GithubFixture {
  let fixture: GithubFixture;
  let close: () => Promise<void>;
  beforeEach(async () => {
    [fixture, close] = await createGithubFixture();
  });
  afterEach(() => close());
  return () => fixture;
}

export const staleAfterMs = 24 * hour;

export async function createGithubFixture(): Promise<[GithubFixture, close: () => Promise<void>]> {
  const database = await openTestDatabase(tempDir());
  let time = Date.parse('2026-11-21T12:00:00Z');
  const clock = () => time;
  const github = createMemoryGithub();
  const start = () =>
    createGithubConnections({
      database,
      clock,
      gateway: github.gateway,
      staleAfterMs,
      reconcileEveryMs: 10 * minute,
    });
  const addOrganization: GithubFixture['addOrganization'] = async (slug) => {
    const organization = { id: `organization-${slug}`, slug, name: slug, createdAt: time };
    await database.organizations.insert(organization);
    return organization;
  };
  const addGithubOrganization: GithubFixture['addGithubOrganization'] = (githubOrganizationId, login) => {
    const organization: MemoryOrganization = {
      githubOrganizationId,
      login,
      installationId: `9${githubOrganizationId}`,
      installation: 'active',
      members: new Map(),
      teams: new Map(),
    };
    github.organizations.push(organization);
    return organization;
  };
  const addUser = async ({ githubUserId, login }: Account): Promise<User> => {
    const user = { id: `user-${login}`, email: `${login}@acme.example`, name: login, createdAt: time };
    await database.users.insert(user);
    await database.identities.insert({
      issuer: githubIssuer,
      subject: githubUserId,
      userId: user.id,
      label: login,
      createdAt: time,
      lastSignInAt: null,
      sealedRefreshToken: null,
      askedAt: null,
      checkedAt: null,
    });
    return user;
  };

  const acme = await addOrganization('acme');
  const acmeInc = addGithubOrganization('700', 'acme-inc');
  const ada: Account = { githubUserId: '1', login: 'ada' };
  const owner = await addUser(ada);
  const manual = {
    userId: owner.id,
    organizationId: acme.id,
    role: 'owner',
    source: 'manual',
    createdAt: time,
  } as const;
  await database.organizations.addMember(manual);
  acmeInc.members.set(ada.githubUserId, { login: ada.login, isAdmin: true });
  const initiator = byUser(owner, { ipAddress: '192.0.2.7', requestId: 'r1' });

  const fixture: GithubFixture = {
    database,
    github,
    connections: start(),
    acme,
    acmeInc,
    owner,
    initiator,
    now: clock,
    passTime: (milliseconds) => {
      time += milliseconds;
    },
    restart() {
      fixture.connections.stop();
      fixture.connections = start();
    },
    addOrganization,
    addGithubOrganization,
    async addUser(account, { signsIn = true } = {}) {
      const user = await addUser(account);
      if (signsIn) await fixture.signIn(user, account);
      return user;
    },
    signIn: (user, account) => fixture.connections.onSignIn(user, { issuer: githubIssuer, ...account }),
    join(...accounts) {
      for (const { githubUserId, login, isAdmin = false } of accounts) {
        acmeInc.members.set(githubUserId, { login, isAdmin });
      }
    },
    leave(...accounts) {
      for (const { githubUserId } of accounts) {
        acmeInc.members.delete(githubUserId);
        for (const { members } of acmeInc.teams.values()) members.delete(githubUserId);
      }
    },
    async connect(request = {}, organization = acme) {
      const connection = { login: 'acme-inc', adminRole: 'admin', teams: [], ...request } as const;
      await fixture.connections.connect(organization, connection, initiator);
      await fixture.reconcile(organization);
    },
    reconcile: (organization = acme) => fixture.connections.reconcile(organization.id),
    suspendStale: () => suspendStale({ database, clock, staleAfterMs }),
    tell: (action, account, deliveryId = newId()) =>
      fixture.connections.receiveWebhook('organization', deliveryId, organizationEvent(action, account)),
    membership: async (user, organization = acme) =>
      (await database.organizations.member(user.id, organization.id))?.membership ?? null,
    events: async () => (await database.auditEvents.find({ limit: 1000 })).reverse(),
  };
  return [
    fixture,
    async () => {
      fixture.connections.stop();
      await database.close();
    },
  ];
}

/** As GitHub sends it, as far as anything of it matters; the real ones are in the tests of the route. */
export function organizationEvent(action: string, { githubUserId, login }: Account, organization = 700): object {
  return {
    action,
    membership: { user: { id: Number(githubUserId), login }, state: 'active', role: 'member' },
    organization: { id: organization, login: 'acme-inc' },
  };
}

export function teamMembershipEvent(action: string, { githubUserId, login }: Account, teamId: string): object {
  return {
    action,
    scope: 'team',
    member: { id: Number(githubUserId), login },
    team: { id: Number(teamId), slug: 'platform' },
    organization: { id: 700, login: 'acme-inc' },
  };
}
