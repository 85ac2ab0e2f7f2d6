import { GithubUnavailable, type GithubGateway, type MemberPage, type PageMemory } from '../domain/github/gateway.js';
import type { GithubClient, Question } from './client.js';
import { pageSize, pagesOf } from './pages.js';

/** Those who are in an organization, and in its teams. */
export function createLists(client: GithubClient): Pick<GithubGateway, 'members' | 'teamMembers'> {
  const pages = (
    installationId: string,
    question: Question,
    rest: { list: string; memory: PageMemory; onNotFound: () => Error | null },
  ): AsyncIterable<MemberPage> =>
    pagesOf({
      ...rest,
      asked: { github: client.name, what: question.what },
      ask: (page, etag) => {
        const parameters = { ...question.parameters, per_page: pageSize, page };
        return client.asInstallation(installationId, { ...question, parameters, etag });
      },
    });

  return {
    members({ installationId, githubOrganizationId, login }, role, memory) {
      const what = `the ${role === 'admin' ? 'owners' : 'members'} of ${login}`;
      const question = {
        // Where GitHub's own links to further pages lead, also those of `GET /orgs/{org}/members`.
        route: 'GET /organizations/{org_id}/members',
        parameters: { org_id: githubOrganizationId, role },
        what,
      };
      return pages(installationId, question, {
        list: `organizations/${githubOrganizationId}/members?role=${role}`,
        memory,
        onNotFound: () => new GithubUnavailable(`${client.name} was asked for ${what}: it knows no such organization.`),
      });
    },
    teamMembers({ installationId, githubOrganizationId, login }, teamId, memory) {
      const question = {
        route: 'GET /organizations/{org_id}/team/{team_id}/members',
        parameters: { org_id: githubOrganizationId, team_id: teamId },
        what: `the members of team ${teamId} of ${login}`,
      };
      return pages(installationId, question, {
        list: `organizations/${githubOrganizationId}/team/${teamId}/members`,
        memory,
        // It was deleted, since the installation still works: nobody is in it.
        onNotFound: () => null,
      });
    },
  };
}
