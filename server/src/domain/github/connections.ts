import type { Role } from '../../../../src/protocol/wire-types.js';
import type { Initiator } from '../audit-log.js';
import type { Clock, Organization, User } from '../model.js';
import type { Database, Repositories } from '../repositories.js';
import { runChecks } from './checks.js';
import { change, connect } from './connecting.js';
import { disconnect } from './disconnecting.js';
import { GithubUnavailable, type GithubGateway } from './gateway.js';
import { confirmRemovals, heldMembers } from './held-removals.js';
import type { GithubConnection, GithubMember, GithubTeamRole } from './model.js';
import { settle, type GithubContext } from './observations.js';
import { requireConnection, requireOwner, viewConnection } from './owners.js';
import { createGithubSignIn } from './sign-in.js';
import { createStamps } from './stamps.js';
import { createStop, stoppable } from './stop.js';
import { createSyncSchedule } from './sync-schedule.js';
import { receiveWebhook } from './webhooks.js';
import { githubCounts } from './counts.js';

/**
 * That the members of a GitHub organization are members of one here. Whatever an owner asks for is refused with a
 * `RefusedChange`, and nobody but owners may ask for it. Where GitHub does not answer, a `RefusedChange` says that too, so
 * that nothing here throws a `GithubUnavailable` unless it says so.
 */
export interface GithubConnections extends GithubSignIn, GithubWork {
  /** Where an owner of a GitHub organization installs our GitHub App; `null` when GitHub, which knows it, does not answer. */
  installationUrl(): Promise<string | null>;
  /**
   * For owners here who are also owners of the GitHub organization at this moment, as their linked GitHub account says.
   * The members come with the first reconciliation, which is due at once.
   */
  connect(organization: Organization, request: NewConnection, initiator: Initiator): Promise<ConnectionView>;
  /**
   * What is left out stays. The members' roles follow before this returns. Refused when nobody who owns the organization
   * now would own it then.
   */
  change(organization: Organization, request: ConnectionChange, initiator: Initiator): Promise<ConnectionView>;
  /** Ends all memberships that came from GitHub. Refused when no owner would be left. */
  disconnect(organization: Organization, initiator: Initiator): Promise<void>;
  /** `null`: the organization is not connected. */
  show(organization: Organization): Promise<ConnectionView | null>;
  /** What owners have to know and perhaps do, as sentences. None for an organization that is not connected. */
  warnings(organization: Organization): Promise<string[]>;
  /** The people whose removal waits for an owner, by login; empty for none. */
  held(organization: Organization): Promise<HeldMember[]>;
  /**
   * Removes those that are held. Refused when others have come to be held since `heldAt`, which is what
   * `ConnectionView.heldAt` said when the owner looked at them.
   *
   * @returns how many there were
   */
  confirmRemovals(organization: Organization, heldAt: number, initiator: Initiator): Promise<number>;
  /**
   * Gives somebody whose membership by hand has ended the one that they have by GitHub, in the caller's transaction:
   * the next reconciliation would do so anyway, when nobody looks.
   */
  onManualMembershipEnded(repositories: Repositories, organization: Organization, userId: string): Promise<void>;
  /** A reconciliation at the next opportunity; it does not wait for it. */
  requestSync(organization: Organization, initiator: Initiator): Promise<void>;
}

/** For signing in with GitHub. */
export interface GithubSignIn {
  /** `https://github.com`, or that of a GitHub Enterprise Server: the issuer of the identities. */
  readonly issuer: string;
  /**
   * Gives somebody who signs in with GitHub (or has just linked their account) the memberships of the organizations
   * that they are in there. Call it when the identity is written down. Asks GitHub where it is not known yet; when GitHub
   * does not answer, the last known state holds and nothing is thrown.
   */
  onSignIn(user: Pick<User, 'id' | 'email'>, account: GithubAccount): Promise<void>;
  /**
   * Ends the memberships that came from an account that has just been unlinked, unless another one gives them, in the
   * caller's transaction.
   */
  onUnlinked(repositories: Repositories, user: Pick<User, 'id' | 'email'>): Promise<void>;
  /**
   * Whether somebody without an account here is in a connected GitHub organization, and so may have one.
   *
   * @throws {GithubUnavailable} when nobody knows, and GitHub does not answer
   */
  maySignUp(account: Pick<GithubAccount, 'githubUserId' | 'login'>): Promise<boolean>;
}

export interface GithubAccount {
  issuer: string;
  /** GitHub's numeric id, as text: the subject of the identity. */
  githubUserId: string;
  login: string;
}

/** What goes on without anybody having asked for it. */
export interface GithubWork {
  /**
   * Takes a webhook delivery whose signature was right. What it takes away is gone when this returns; whatever else it
   * says is not believed but asked of GitHub, by a check that is written down.
   *
   * @param payload the JSON, of whatever shape
   * @throws {DatabaseUnavailableError} and then nothing was done, and GitHub's owner may have it delivered again
   */
  receiveWebhook(event: string, deliveryId: string, payload: unknown): Promise<DeliveryOutcome>;
  /** Asks GitHub about those that are waiting for it and are due. */
  runChecks(): Promise<void>;
  /** Reconciles what is due. */
  reconcileDue(): Promise<void>;
  /**
   * Asks GitHub for all members and teams of one connection, and makes the memberships here the same. Never throws for
   * GitHub's sake: the connection then has a problem.
   */
  reconcile(organizationId: string): Promise<ReconciliationOutcome>;
  /** How many of each: for the metrics. */
  counts(): Promise<GithubCounts>;
  /** Lets go of what is being asked of GitHub. Nothing is asked any more after that. */
  stop(): void;
}

/** `replayed`: that delivery was here before. `ignored`: nothing in it concerns a connected organization. */
export type DeliveryOutcome = 'done' | 'queued' | 'replayed' | 'ignored';

/** `busy`: one is under way already, and another will follow. */
export type ReconciliationOutcome = 'complete' | 'incomplete' | 'not-connected' | 'busy';

export interface NewConnection {
  /** The GitHub organization's name. */
  login: string;
  /** What its owners (GitHub's API calls them admins) are here. */
  adminRole: Role;
  teams: readonly TeamMapping[];
}

/** By the name in the team's address at GitHub. */
export interface TeamMapping {
  slug: string;
  role: Role;
}

export interface ConnectionChange {
  adminRole?: Role | undefined;
  /** All of them: a team that is not named has no role any more. */
  teams?: readonly TeamMapping[] | undefined;
}

/** What owners see of a connection. */
export interface ConnectionView extends GithubConnection {
  /** By slug. */
  teams: GithubTeamRole[];
  members: MemberCounts;
  warnings: string[];
}

export interface MemberCounts {
  /** In the GitHub organization, as far as is known; the held ones are among them. */
  present: number;
  /** Of those, the ones with an account here. */
  withAccount: number;
  /** Memberships from GitHub that open nothing, since GitHub has not confirmed them for too long. */
  suspended: number;
  /** Waiting for an owner, as a mass removal. */
  held: number;
}

export interface HeldMember extends Pick<GithubMember, 'githubUserId' | 'login'> {
  /** Of the account here; `null` for somebody who has none. */
  email: string | null;
}

export interface GithubCounts {
  connections: { fine: number; problem: number; stale: number; held: number };
  /** Of the connection that has waited longest for GitHub's word on all members; `null` without connections. */
  oldestConfirmationMs: number | null;
  heldMembers: number;
  waitingChecks: number;
}

export interface GithubConnectionsOptions {
  database: Database;
  clock: Clock;
  gateway: GithubGateway;
  /** How long memberships hold without GitHub confirming them. */
  staleAfterMs: number;
  reconcileEveryMs: number;
}

export function createGithubConnections({
  gateway,
  reconcileEveryMs,
  ...options
}: GithubConnectionsOptions): GithubConnections {
  const stop = createStop();
  const context: GithubContext = {
    ...options,
    stamps: createStamps(options.clock),
    gateway: stoppable(gateway, stop.signal),
  };
  const { database } = context;
  const schedule = createSyncSchedule(context, reconcileEveryMs);

  async function show(organization: Organization): Promise<ConnectionView> {
    return await viewConnection(await requireConnection(organization, database), organization, context);
  }

  return {
    ...createGithubSignIn(context),
    async installationUrl() {
      try {
        return await gateway.installationUrl();
      } catch (error) {
        if (error instanceof GithubUnavailable) return null;
        throw error;
      }
    },
    async connect(organization, request, initiator) {
      await connect(organization, request, initiator, context);
      schedule.begin(organization.id);
      return await show(organization);
    },
    async change(organization, request, initiator) {
      await change(organization, request, initiator, context);
      return await show(organization);
    },
    disconnect: (organization, initiator) => disconnect(organization, initiator, context),
    async show(organization) {
      const connection = await database.github.connection(organization.id);
      return connection === null ? null : await viewConnection(connection, organization, context);
    },
    async warnings(organization) {
      const connection = await database.github.connection(organization.id);
      return connection === null ? [] : (await viewConnection(connection, organization, context)).warnings;
    },
    held: (organization) => heldMembers(organization, context),
    confirmRemovals: (organization, heldAt, initiator) => confirmRemovals(organization, heldAt, initiator, context),
    async onManualMembershipEnded(repositories, { id }, userId) {
      const connection = await repositories.github.connection(id);
      if (connection?.issuer !== gateway.issuer) return;
      await settle(repositories, connection, [userId], { how: ', when the membership by hand ended' }, context);
    },
    async requestSync(organization, initiator) {
      await requireOwner(initiator, organization, database);
      await requireConnection(organization, database);
      schedule.request(organization.id);
    },

    receiveWebhook: (event, deliveryId, payload) =>
      receiveWebhook(
        { event, deliveryId, payload },
        (id) => {
          schedule.requestRefresh(id);
        },
        context,
      ),
    runChecks: () => runChecks(context),
    reconcileDue: () => schedule.runDue(),
    reconcile: (organizationId) => schedule.run(organizationId),
    counts: () => githubCounts(context),
    stop: stop.stop,
  };
}
