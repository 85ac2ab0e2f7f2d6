import type { Initiator } from '../audit-log.js';
import type { Clock } from '../model.js';
import type { Database, Repositories } from '../repositories.js';
import { settleMembership, type SourcedRole } from '../sourced-memberships.js';
import type { GithubGateway, GithubPerson } from './gateway.js';
import type { GithubConnection } from './model.js';
import type { Standing } from './repository.js';
import type { Stamps } from './stamps.js';
import { differs, isStale, wantedMembership } from './wanted-membership.js';

/** What everything here works with. */
export interface GithubContext {
  database: Database;
  clock: Clock;
  stamps: Stamps;
  gateway: GithubGateway;
  /** How long GitHub's word on who the members are holds. */
  staleAfterMs: number;
}

/** What has been learned about one person. `null`: is not in the GitHub organization. */
export interface Observation extends GithubPerson {
  state: ObservedState | null;
  /** Of when: a stamp from before GitHub was asked. */
  observedAt: number;
}

export interface ObservedState {
  isAdmin: boolean;
  /** By the id of each team with a role; a team that is not in here has not been asked about. */
  teams: ReadonlyMap<string, boolean>;
}

/**
 * The one way in which anything becomes known of who is in a GitHub organization: webhooks, checks, reconciliations and
 * sign-ins all come through here. Writes down what is newer than what is known, and makes the memberships follow, in
 * the caller's transaction.
 *
 * @param how see `SettleReason`
 */
export async function applyObservations(
  repositories: Repositories,
  asked: GithubConnection,
  observations: readonly Observation[],
  how: string,
  context: SettleContext,
): Promise<void> {
  const { github } = repositories;
  const connection = await asItIsNow(asked, repositories);
  if (connection === null) return;
  const { organizationId } = connection;
  // A complete reconciliation has said of everybody what was so at that moment, also of those it wrote nothing about.
  const newer = observations.filter(({ observedAt }) => observedAt > (connection.confirmedAt ?? 0));
  await github.members.observe(
    newer.map(({ githubUserId, login, state, observedAt }) => ({
      organizationId,
      githubUserId,
      login,
      isAdmin: state?.isAdmin ?? false,
      isPresent: state !== null,
      isHeld: false,
      observedAt,
    })),
  );
  for (const { githubUserId, state, observedAt } of newer) {
    if (state === null) await github.teamMembers.leaveAll(organizationId, [githubUserId], observedAt);
    else {
      const teams = [...state.teams].map(([teamId, isPresent]) => ({ teamId, isPresent }));
      const row = { organizationId, githubUserId, observedAt };
      await github.teamMembers.observe(teams.map((team) => ({ ...row, ...team })));
    }
  }
  if (connection.heldAt !== null && (await github.members.held(organizationId)).length === 0) {
    await github.members.setHeldAt(organizationId, null);
  }
  const githubUserIds = newer.map(({ githubUserId }) => githubUserId);
  await settleAccounts(repositories, connection, githubUserIds, { how }, context);
}

/**
 * The connection as it is now, inside a transaction. `null` when it has been ended since GitHub was asked, also when
 * there is another by now: what one GitHub organization says is nothing to members of another.
 */
export async function asItIsNow(
  { organizationId, githubOrganizationId, createdAt }: GithubConnection,
  { github }: Repositories,
): Promise<GithubConnection | null> {
  const current = await github.connection(organizationId);
  const isSame = current?.githubOrganizationId === githubOrganizationId && current.createdAt === createdAt;
  return isSame ? current : null;
}

/** The same as `settle`, for whoever has linked one of these accounts at GitHub. */
export async function settleAccounts(
  repositories: Repositories,
  connection: GithubConnection,
  githubUserIds: readonly string[],
  reason: SettleReason,
  context: SettleContext,
): Promise<void> {
  const userIds = await repositories.github.members.linkedUsers(context.gateway.issuer, githubUserIds);
  await settle(repositories, connection, userIds, reason, context);
}

type SettleContext = Pick<GithubContext, 'clock' | 'gateway' | 'staleAfterMs'>;

export interface SettleReason {
  /** What follows the name of the GitHub organization: " by webhook delivery …", ", found by reconciliation". */
  how: string;
  /** Who it is written down to have done it; GitHub, unless somebody here has. */
  initiator?: Initiator;
}

/** Makes the memberships of some people what is known of GitHub, in the caller's transaction. */
export async function settle(
  { github, ...repositories }: Repositories,
  connection: GithubConnection,
  userIds: readonly string[],
  { how, initiator = byGithub(connection) }: SettleReason,
  { clock, gateway, staleAfterMs }: SettleContext,
): Promise<void> {
  const { organizationId, login } = connection;
  const stale = isStale(connection, { now: clock(), staleAfterMs });
  for (const standing of await github.members.standings(organizationId, gateway.issuer, userIds)) {
    const wanted = wantedMembership(standing, connection, stale);
    if (!differs(standing, wanted)) continue;
    await settleMembership(
      {
        user: standing.user,
        organizationId,
        source: 'github',
        current: standing.membership,
        wanted,
        initiator,
        cause: causeOf(standing, wanted, `${login}${how}`),
      },
      { repositories: { github, ...repositories }, clock },
    );
  }
}

function causeOf({ membership }: Standing, wanted: SourcedRole, rest: string): string {
  if (wanted === null) return `GitHub: removed from ${rest}`;
  if (membership === null) return `GitHub: a member of ${rest}`;
  return membership.role === wanted.role ? `GitHub: still in ${rest}` : `GitHub: another role in ${rest}`;
}

/** How many people a transaction is about: some ten milliseconds in which nobody else writes. */
export const chunkSize = 200;

/**
 * Makes all memberships of a connection what is known of GitHub, a few hundred at a time. Reads all and writes what
 * differs.
 */
export async function settleAll(organizationId: string, reason: SettleReason, context: GithubContext): Promise<void> {
  const { database, clock, gateway, staleAfterMs } = context;
  const { members } = database.github;

  /** `false`: there is no connection any more. */
  async function settleChunk(userIds: readonly string[]): Promise<boolean> {
    const connection = await database.github.connection(organizationId);
    if (connection === null) return false;
    const stale = isStale(connection, { now: clock(), staleAfterMs });
    const standings = await members.standings(organizationId, gateway.issuer, userIds);
    const different = standings.filter((standing) => differs(standing, wantedMembership(standing, connection, stale)));
    if (different.length === 0) return true;
    return await database.transaction(async (repositories) => {
      const current = await repositories.github.connection(organizationId);
      if (current === null) return false;
      const ids = different.map(({ user }) => user.id);
      await settle(repositories, current, ids, reason, context);
      return true;
    });
  }

  let after = '';
  for (;;) {
    const accounts = await members.accounts(organizationId, gateway.issuer, after, chunkSize);
    if (!(await settleChunk([...new Set(accounts.map(({ userId }) => userId))]))) return;
    const last = accounts.at(-1);
    if (last === undefined || accounts.length < chunkSize) break;
    after = last.githubUserId;
    await pause();
  }
  for (;;) {
    const userIds = await members.withoutGround(organizationId, gateway.issuer, chunkSize);
    if (!(await settleChunk(userIds)) || userIds.length < chunkSize) return;
    await pause();
  }
}

/** Lets requests have their turn: the database answers without ever leaving the event loop. */
export async function pause(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export function byGithub({ login }: Pick<GithubConnection, 'login'>): Initiator {
  return { actor: { kind: 'github', id: null, name: login }, ipAddress: null, requestId: null };
}
