import { GithubUnavailable, type GithubGateway, type GithubOrganizationRef } from '../domain/github/gateway.js';
import { accountAnswer, membershipAnswer, teamMembershipAnswer } from './answers.js';
import { unusable } from './failures.js';
import type { GithubReader } from './reader.js';

/**
 * One person, asked for by name, since GitHub answers to nothing else. Names change hands, so the ids in the answers
 * decide; and "no" is believed only under the names that are right now.
 */
export function createPeople(
  reader: GithubReader,
  installation: GithubGateway['installation'],
): Pick<GithubGateway, 'membership' | 'isTeamMember'> {
  /** @throws {GithubUnavailable} when it is not there any more: nobody can be said then to be a member, or none */
  const loginOfOrganization = async (organization: GithubOrganizationRef): Promise<string> => {
    const current = await installation(organization.installationId);
    if (current?.organization.githubOrganizationId === organization.githubOrganizationId) {
      return current.organization.login;
    }
    throw new GithubUnavailable(
      `${reader.name} was asked for ${organization.login}: the GitHub App is not installed there any more. ` +
        'An owner there can install it again.',
    );
  };

  const loginOfUser = async ({ installationId }: GithubOrganizationRef, githubUserId: string) => {
    const what = `the account with the number ${githubUserId}`;
    const question = { route: 'GET /user/{account_id}', parameters: { account_id: githubUserId }, what };
    const account = await reader.asInstallation(installationId, question, accountAnswer);
    if (account === null || account.id === githubUserId) return account?.login ?? null;
    throw unusable({ github: reader.name, what }, 'it is about another account');
  };

  /** `undefined`: these names say nothing of that person in that organization. */
  const membershipByName = async (organization: GithubOrganizationRef, login: string, githubUserId: string) => {
    const question = {
      route: 'GET /orgs/{org}/memberships/{username}',
      parameters: { org: organization.login, username: login },
      what: `the membership of ${login} in ${organization.login}`,
    };
    const found = await reader.asInstallation(organization.installationId, question, membershipAnswer);
    if (found?.user.id !== githubUserId || found.organization.id !== organization.githubOrganizationId) {
      return undefined;
    }
    return found.isActive ? { isAdmin: found.isAdmin, login: found.user.login } : null;
  };

  return {
    async membership(organization, { login, githubUserId }) {
      const found = await membershipByName(organization, login, githubUserId);
      if (found !== undefined) return found;
      const current = { ...organization, login: await loginOfOrganization(organization) };
      const currentLogin = await loginOfUser(organization, githubUserId);
      if (currentLogin === null || (current.login === organization.login && currentLogin === login)) return null;
      return (await membershipByName(current, currentLogin, githubUserId)) ?? null;
    },
    async isTeamMember({ installationId, ...organization }, teamId, { githubUserId }) {
      // The answer about a team has no id in it, so the name has to be right beforehand.
      const login = await loginOfUser({ installationId, ...organization }, githubUserId);
      if (login === null) return false;
      const question = {
        route: 'GET /organizations/{org_id}/team/{team_id}/memberships/{username}',
        parameters: { org_id: organization.githubOrganizationId, team_id: teamId, username: login },
        what: `the membership of ${login} in team ${teamId} of ${organization.login}`,
      };
      return (await reader.asInstallation(installationId, question, teamMembershipAnswer))?.isActive ?? false;
    },
  };
}
