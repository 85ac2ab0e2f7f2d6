import type { Role } from '../../../../src/protocol/wire-types.js';
import type { Membership, User } from '../model.js';
import type { MemberCounts } from './connections.js';
import type { PageMemory } from './gateway.js';
import type { GithubCheck, GithubConnection, GithubInstallationState, GithubMember, GithubTeamRole } from './model.js';

/** What the domain keeps of GitHub. A connection takes everything with it when it is removed. */
export interface GithubRepository {
  /** `false` when the organization is connected already. */
  insertConnection(connection: GithubConnection): Promise<boolean>;
  connection(organizationId: string): Promise<GithubConnection | null>;
  /** By organization id. */
  connections(): Promise<GithubConnection[]>;
  connectionsTo(issuer: string, githubOrganizationId: string): Promise<GithubConnection[]>;
  connectionsOfInstallation(issuer: string, installationId: string): Promise<GithubConnection[]>;
  changeConnection(
    organizationId: string,
    change: Partial<Pick<GithubConnection, 'login' | 'installationId' | 'adminRole'>>,
  ): Promise<void>;
  /** `false` when it was that already. */
  setInstallationState(organizationId: string, state: GithubInstallationState): Promise<boolean>;
  /** GitHub has said who all the members are, as of `at`. Ends the problem. */
  confirm(organizationId: string, at: number): Promise<void>;
  recordProblem(organizationId: string, problem: string, at: number): Promise<void>;
  /** Whether somebody owns the organization for another reason than GitHub. */
  isOwnedOtherwise(organizationId: string): Promise<boolean>;
  /** `false` when there is none, and when nobody would be left who owns the organization for another reason. */
  removeConnection(organizationId: string): Promise<boolean>;

  /** By slug. */
  teamRoles(organizationId: string): Promise<GithubTeamRole[]>;
  /** Instead of those that there were. Forgets who was in the teams that are gone. */
  setTeamRoles(organizationId: string, teamRoles: readonly GithubTeamRole[]): Promise<void>;
  renameTeam(organizationId: string, teamId: string, slug: string): Promise<void>;

  members: GithubMemberRepository;
  teamMembers: GithubTeamMemberRepository;
  pages(organizationId: string): PageMemory;

  /** Instead of one that the person has. */
  queueCheck(check: GithubCheck): Promise<void>;
  /** Those that wait longest first. */
  dueChecks(issuer: string, now: number, limit: number): Promise<GithubCheck[]>;
  countChecks(): Promise<number>;
  /** `false` when something new was heard meanwhile. */
  postponeCheck(check: GithubCheck, dueAt: number): Promise<boolean>;
  /** `false` when something new was heard meanwhile. */
  removeCheck(check: GithubCheck): Promise<boolean>;
  /** Those that were queued before: a reconciliation has answered them. */
  removeChecksBefore(organizationId: string, queuedBefore: number): Promise<void>;

  /** `false` when that delivery was here before. */
  insertDelivery(deliveryId: string, at: number): Promise<boolean>;
  removeDeliveriesBefore(before: number): Promise<void>;
}

/** Who GitHub says is in an organization. An observation that is not newer than what is known changes nothing. */
export interface GithubMemberRepository {
  find(organizationId: string, githubUserId: string): Promise<GithubMember | null>;
  /** Those of them that are known. */
  findAll(organizationId: string, githubUserIds: readonly string[]): Promise<GithubMember[]>;
  /** Present ones, by id, those after the one given. */
  present(organizationId: string, after: string, limit: number): Promise<GithubMember[]>;
  /** By login. */
  held(organizationId: string): Promise<GithubMember[]>;
  /** Of the accounts here of those that are held, by their ids at GitHub. */
  heldEmails(organizationId: string, issuer: string): Promise<Map<string, string>>;
  /** All of one organization. */
  observe(observed: readonly GithubMember[]): Promise<void>;
  /** Marks present ones as held: they are gone, and the removal waits. */
  hold(organizationId: string, githubUserIds: readonly string[], observedAt: number): Promise<void>;
  setHeldAt(organizationId: string, heldAt: number | null): Promise<void>;
  /** `false` when it is another by now. */
  clearHeldAt(organizationId: string, heldAt: number): Promise<boolean>;
  /** The newest observation, so that the next one is newer. */
  latestObservation(organizationId: string): Promise<number>;
  count(organizationId: string, issuer: string): Promise<MemberCounts>;
  /** Those who left before. */
  removeAbsentBefore(before: number): Promise<void>;

  /** The accounts here that are linked to accounts at GitHub: user ids. */
  linkedUsers(issuer: string, githubUserIds: readonly string[]): Promise<string[]>;
  /** Present ones with an account here, by id, those after the one given. */
  accounts(
    organizationId: string,
    issuer: string,
    after: string,
    limit: number,
  ): Promise<{ githubUserId: string; userId: string }[]>;
  /** Whose membership from GitHub has nothing at GitHub to stand on any more: user ids. */
  withoutGround(organizationId: string, issuer: string, limit: number): Promise<string[]>;
  standings(organizationId: string, issuer: string, userIds: readonly string[]): Promise<Standing[]>;
}

export interface GithubTeamMemberRepository {
  observe(observed: readonly TeamMember[]): Promise<void>;
  findAll(organizationId: string, teamId: string, githubUserIds: readonly string[]): Promise<TeamMember[]>;
  /** By id, those after the one given. */
  present(organizationId: string, teamId: string, after: string, limit: number): Promise<TeamMember[]>;
  /** From all teams of the organization. */
  leaveAll(organizationId: string, githubUserIds: readonly string[], observedAt: number): Promise<void>;
  /** All members of a team that there is no more. */
  empty(organizationId: string, teamId: string, observedAt: number): Promise<void>;
  /** Those who left before. */
  removeAbsentBefore(before: number): Promise<void>;
}

export interface TeamMember {
  organizationId: string;
  teamId: string;
  githubUserId: string;
  isPresent: boolean;
  observedAt: number;
}

/** A person in an organization here, and what GitHub says of the accounts that they have linked. */
export interface Standing {
  user: Pick<User, 'id' | 'email'>;
  membership: Pick<Membership, 'role' | 'source' | 'suspendedAt'> | null;
  /** Only those that are in the GitHub organization. */
  accounts: StandingAccount[];
}

export interface StandingAccount {
  isAdmin: boolean;
  isHeld: boolean;
  /** Of the teams with a role that the account is in. */
  teamRoles: Role[];
}
