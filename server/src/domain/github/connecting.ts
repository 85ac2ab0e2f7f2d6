import { paths } from '../../../../src/protocol/paths.js';
import { changeDetails, recordEvent, type Initiator } from '../audit-log.js';
import type { Organization } from '../model.js';
import { RefusedChange } from '../refused-change.js';
import type { Repositories } from '../repositories.js';
import { isOwner } from '../sourced-memberships.js';
import type { ConnectionChange, NewConnection, TeamMapping } from './connections.js';
import { GithubUnavailable, type GithubInstallation, type GithubOrganizationRef } from './gateway.js';
import { organizationRef } from './installation.js';
import type { GithubConnection, GithubTeamRole } from './model.js';
import { applyObservations, settleAll, type GithubContext, type Observation } from './observations.js';
import { requireConnection, requireOwner } from './owners.js';
import { reconcileTeam } from './team-reconciliation.js';
import { isStale, wantedMembership } from './wanted-membership.js';

/** See `GithubConnections.connect`. */
export async function connect(
  organization: Organization,
  { login, adminRole, teams }: NewConnection,
  initiator: Initiator,
  context: GithubContext,
): Promise<void> {
  const { database, clock, stamps, gateway } = context;
  await requireOwner(initiator, organization, database);
  await refuseConnected(organization, context);
  // A stamp as well: a connection is never taken for the one that was ended in the same millisecond.
  const createdAt = stamps.next();
  const { connection, owner, teamRoles } = await refusedWhenUnavailable(async () => {
    const installation = await requireInstallation(login, context);
    const { organization: found, installationId } = installation;
    const ref = { installationId, ...found };
    return {
      connection: { ...ref, organizationId: organization.id, issuer: gateway.issuer, adminRole, createdAt },
      owner: await requireGithubOwner(initiator, ref, context),
      teamRoles: await findTeams(teams, ref, context),
    };
  });
  const made: GithubConnection = {
    ...connection,
    installationState: 'active',
    confirmedAt: null,
    problem: null,
    problemAt: null,
    heldAt: null,
  };
  await database.transaction(async (repositories) => {
    await requireOwner(initiator, organization, repositories);
    if (!(await repositories.github.insertConnection(made))) {
      throw alreadyConnected(organization, (await repositories.github.connection(organization.id)) ?? made);
    }
    await repositories.github.setTeamRoles(organization.id, teamRoles);
    await recordEvent(repositories, clock, initiator, {
      action: 'github.connected',
      organizationId: organization.id,
      target: made.login,
      details: { adminRole, teams: textOf(teamRoles) },
    });
    await applyObservations(repositories, made, [owner], ', found when it was connected', context);
  });
}

async function refuseConnected(organization: Organization, context: GithubContext): Promise<void> {
  const connection = await context.database.github.connection(organization.id);
  if (connection !== null) throw alreadyConnected(organization, connection);
}

function alreadyConnected({ slug }: Organization, { login }: Pick<GithubConnection, 'login'>): RefusedChange {
  return new RefusedChange('conflict', `${slug} is connected to the GitHub organization ${login} already.`, {
    remedy: `For another one, disconnect it first: npx nxkey org disconnect-github --org ${slug}`,
  });
}

async function requireInstallation(login: string, { gateway }: GithubContext): Promise<GithubInstallation> {
  const installation = await gateway.findInstallation(login);
  if (installation === null) {
    throw new RefusedChange('conflict', `The GitHub App is not installed in a GitHub organization ${login}.`, {
      field: 'login',
      remedy: `An owner of ${login} installs it here, and then you try again: ${await gateway.installationUrl()}`,
    });
  }
  if (!installation.isSuspended) return installation;
  throw new RefusedChange('conflict', `The GitHub App is suspended in the GitHub organization ${login}.`, {
    field: 'login',
    remedy: `An owner of ${login} unsuspends it in the organization's settings, under GitHub Apps.`,
  });
}

/** Or anybody who owns an organization here could take the members of any that has installed the App. */
async function requireGithubOwner(
  { actor }: Initiator,
  organization: GithubOrganizationRef,
  { database, gateway, stamps }: GithubContext,
): Promise<Observation> {
  const linked = actor.kind === 'user' && actor.id !== null ? await database.identities.ofUser(actor.id) : [];
  const accounts = linked.filter(({ issuer }) => issuer === gateway.issuer);
  if (accounts.length === 0) {
    throw new RefusedChange('forbidden', 'Your account here is not linked to one at GitHub.', {
      remedy: `Link it on the page ${paths.signInMethods} of this server, and try again.`,
    });
  }
  for (const { subject, label } of accounts) {
    const person = { githubUserId: subject, login: label };
    const observedAt = stamps.next();
    const membership = await gateway.membership(organization, person);
    if (membership?.isAdmin === true) return { ...person, state: { ...membership, teams: new Map() }, observedAt };
  }
  const names = accounts.map(({ label }) => label).join(', ');
  throw new RefusedChange('forbidden', `${names} is not an owner of the GitHub organization ${organization.login}.`, {
    remedy: `Ask one of its owners to connect it. If you are called otherwise at GitHub by now, sign in with it again.`,
  });
}

async function findTeams(
  teams: readonly TeamMapping[],
  organization: GithubOrganizationRef,
  { gateway }: GithubContext,
): Promise<GithubTeamRole[]> {
  const found = new Map<string, GithubTeamRole>();
  for (const { slug, role } of teams) {
    const team = await gateway.findTeam(organization, slug);
    if (team === null) {
      throw new RefusedChange('invalid', `The GitHub organization ${organization.login} has no team ${slug}.`, {
        field: 'teams',
        remedy: `Give the name that stands in the team's address: ${gateway.issuer}/orgs/${organization.login}/teams/<name>`,
      });
    }
    if (found.has(team.teamId)) {
      throw new RefusedChange('invalid', `The team ${slug} is given two roles.`, { field: 'teams' });
    }
    found.set(team.teamId, { ...team, role });
  }
  return [...found.values()];
}

/** See `GithubConnections.change`. */
export async function change(
  organization: Organization,
  { adminRole, teams }: ConnectionChange,
  initiator: Initiator,
  context: GithubContext,
): Promise<void> {
  const { database, clock, stamps } = context;
  await requireOwner(initiator, organization, database);
  const before = await requireConnection(organization, database);
  const teamRoles =
    teams === undefined
      ? undefined
      : await refusedWhenUnavailable(() => findTeams(teams, organizationRef(before), context));
  const added = await database.transaction(async (repositories) => {
    const { github } = repositories;
    await requireOwner(initiator, organization, repositories);
    const current = await requireConnection(organization, repositories);
    const teamsBefore = await github.teamRoles(organization.id);
    const now = { adminRole: adminRole ?? current.adminRole, teams: textOf(teamRoles ?? teamsBefore) };
    const details = changeDetails({ adminRole: current.adminRole, teams: textOf(teamsBefore) }, now);
    if (details === null) return [];
    await github.changeConnection(organization.id, { adminRole: now.adminRole });
    if (teamRoles !== undefined) await github.setTeamRoles(organization.id, teamRoles);
    await requireRemainingOwner(organization, repositories, context);
    const event = {
      action: 'github.changed',
      organizationId: organization.id,
      target: current.login,
      details,
    } as const;
    await recordEvent(repositories, clock, initiator, event);
    const known = new Set(teamsBefore.map(({ teamId }) => teamId));
    return (teamRoles ?? []).filter(({ teamId }) => !known.has(teamId));
  });
  const how = `, since ${initiator.actor.name ?? 'an owner'} changed what its teams and owners are here`;
  await settleAll(organization.id, { how }, context);
  // Who is in them has not been asked yet. When GitHub does not answer, the next reconciliation asks.
  try {
    for (const teamRole of added) {
      const begunAt = stamps.next(before.confirmedAt ?? 0);
      await reconcileTeam(before, teamRole, { begunAt, how }, context);
    }
  } catch (error) {
    if (!(error instanceof GithubUnavailable)) throw error;
    await database.github.recordProblem(organization.id, error.message, clock());
  }
}

/** After the change and before the memberships follow: whoever is in a team that is new is not known yet. */
async function requireRemainingOwner(
  organization: Organization,
  repositories: Repositories,
  { clock, gateway, staleAfterMs }: GithubContext,
): Promise<void> {
  const { github, organizations } = repositories;
  const { id, slug } = organization;
  if (await github.isOwnedOtherwise(id)) return;
  const connection = await requireConnection(organization, repositories);
  const stale = isStale(connection, { now: clock(), staleAfterMs });
  const owners = (await organizations.ofSource.all(id, 'github')).filter(({ role }) => role === 'owner');
  const ids = owners.map(({ userId }) => userId);
  const standings = await github.members.standings(id, gateway.issuer, ids);
  if (standings.some((standing) => isOwner(wantedMembership(standing, connection, stale)))) return;
  throw new RefusedChange('conflict', `All owners of ${slug} are its owners by GitHub, and would be none any more.`, {
    remedy: 'Add an owner by hand first, with an e-mail address of their own.',
  });
}

/** @throws {RefusedChange} where GitHub does not answer somebody who waits for it */
async function refusedWhenUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GithubUnavailable)) throw error;
    throw new RefusedChange('conflict', error.message, { remedy: 'Try again in a few minutes.' });
  }
}

function textOf(teamRoles: readonly GithubTeamRole[]): string {
  return teamRoles
    .map(({ slug, role }) => `${slug}=${role}`)
    .sort()
    .join(' ');
}
