import { GithubUnavailable, type GithubGateway } from '../domain/github/gateway.js';
import { githubAddresses } from './addresses.js';
import { appAnswer, installationAnswer, teamAnswer } from './answers.js';
import { createGithubClient, type GithubClientOptions } from './client.js';
import { createLists } from './lists.js';
import { createPeople } from './people.js';
import { createGithubReader } from './reader.js';

/**
 * GitHub, asked through our GitHub App. Lists and teams are asked for by id: a name that an organization had before can
 * be another one's, whose members are no members here.
 * @throws {UsageError} when the App's id or key cannot be one
 */
export function createGithubGateway(options: GithubClientOptions): GithubGateway {
  const client = createGithubClient(options);
  const reader = createGithubReader(client);
  let appUrl: string | undefined;

  const installation: GithubGateway['installation'] = (installationId) => {
    const question = {
      route: 'GET /app/installations/{installation_id}',
      parameters: { installation_id: installationId },
      what: `installation ${installationId} of the GitHub App`,
    };
    return reader.asApp(question, installationAnswer);
  };

  return {
    issuer: githubAddresses(options.url).url,
    async installationUrl() {
      const what = 'the page of the GitHub App';
      appUrl ??= (await reader.asApp({ route: 'GET /app', what }, appAnswer))?.html_url;
      if (appUrl === undefined) {
        throw new GithubUnavailable(
          `${client.name} was asked for ${what}: it knows no such App. See whether NXKEY_GITHUB_APP_ID is its number.`,
        );
      }
      return `${appUrl}/installations/new`;
    },
    findInstallation(login) {
      const question = {
        route: 'GET /orgs/{org}/installation',
        parameters: { org: login },
        what: `the installation of the GitHub App in ${login}`,
      };
      return reader.asApp(question, installationAnswer);
    },
    installation,
    ...createLists(client),
    ...createPeople(reader, installation),
    async findTeam({ installationId, githubOrganizationId, login }, slug) {
      const question = {
        route: 'GET /orgs/{org}/teams/{team_slug}',
        parameters: { org: login, team_slug: slug },
        what: `the team ${slug} of ${login}`,
      };
      const team = await reader.asInstallation(installationId, question, teamAnswer);
      if (team?.githubOrganizationId !== githubOrganizationId) return null;
      return { teamId: team.teamId, slug: team.slug };
    },
  };
}
