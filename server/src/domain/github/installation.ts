import { recordEvent } from '../audit-log.js';
import type { Clock } from '../model.js';
import type { Repositories } from '../repositories.js';
import { GithubUnavailable, type GithubInstallation, type GithubOrganizationRef } from './gateway.js';
import type { GithubConnection, GithubInstallationState } from './model.js';
import { byGithub, type GithubContext } from './observations.js';

export function organizationRef({
  installationId,
  githubOrganizationId,
  login,
}: GithubConnection): GithubOrganizationRef {
  return { installationId, githubOrganizationId, login };
}

/**
 * What became of our App's installation in a GitHub organization, and of the organization's name. The id decides: a name
 * that was given up may be anybody's by now.
 *
 * @returns the connection as it is now
 * @throws {GithubUnavailable} also when the App cannot see the organization's members any more
 */
export async function refreshInstallation(
  connection: GithubConnection,
  { database, clock, gateway }: GithubContext,
): Promise<GithubConnection> {
  const { organizationId, githubOrganizationId } = connection;
  const isOurs = (found: GithubInstallation | null): found is GithubInstallation =>
    found !== null && found.organization.githubOrganizationId === githubOrganizationId;
  let installation = await gateway.installation(connection.installationId);
  // Installed again, it has another id.
  if (!isOurs(installation)) installation = await gateway.findInstallation(connection.login);

  const state = !isOurs(installation) ? 'removed' : installation.isSuspended ? 'suspended' : 'active';
  await database.transaction(async (repositories) => {
    await changeInstallationState(connection, state, ', found when GitHub was asked', repositories, clock);
    if (isOurs(installation)) {
      const { installationId, organization } = installation;
      await repositories.github.changeConnection(organizationId, { installationId, login: organization.login });
    }
  });
  if (!isOurs(installation)) throw new GithubUnavailable(appGone(connection.login, 'removed'));
  if (state === 'suspended') throw new GithubUnavailable(appGone(connection.login, state));
  const { installationId, organization } = installation;
  return { ...connection, installationState: state, installationId, login: organization.login };
}

function appGone(login: string, state: 'removed' | 'suspended'): string {
  return state === 'removed'
    ? `The GitHub App is not installed in ${login} any more; an owner of ${login} has to install it again.`
    : `The GitHub App is suspended in ${login}; an owner of ${login} has to unsuspend it.`;
}

/** @param how see `SettleReason` */
export async function changeInstallationState(
  connection: GithubConnection,
  state: GithubInstallationState,
  how: string,
  repositories: Repositories,
  clock: Clock,
): Promise<void> {
  const { organizationId, login, installationState } = connection;
  if (!(await repositories.github.setInstallationState(organizationId, state))) return;
  await recordEvent(repositories, clock, byGithub(connection), {
    action: 'github.installation-changed',
    organizationId,
    target: login,
    details: {
      'state.old': installationState,
      'state.new': state,
      cause: `GitHub: the App is ${state} in ${login}${how}`,
    },
  });
}
