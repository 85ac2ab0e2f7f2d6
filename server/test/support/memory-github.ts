import {
  GithubUnavailable,
  type GithubGateway,
  type GithubOrganizationRef,
  type GithubPerson,
  type MemberPage,
  type PageMemory,
} from '../../src/domain/github/gateway.js';

export interface MemoryOrganization {
  githubOrganizationId: string;
  login: string;
  installationId: string;
  installation: 'active' | 'suspended' | 'removed';
  /** By id. */
  members: Map<string, { login: string; isAdmin: boolean }>;
  /** Members by id, by the team's id. */
  teams: Map<string, { slug: string; members: Set<string> }>;
}

/** GitHub as the domain sees it, in memory: what it answers is what stands in here at that moment. */
export interface MemoryGithub {
  gateway: GithubGateway;
  organizations: MemoryOrganization[];
  /** What has been asked so far: `members acme member 1`. */
  requests: string[];
  /** Why it does not answer; `null` when it does. */
  failure: GithubUnavailable | null;
  /** Is called with each request, before GitHub looks at what there is. */
  beforeAnswer: (request: string) => Promise<void> | void;
  /** Is called with each request, when GitHub has decided on the answer, and before it is there. */
  afterAnswer: (request: string) => Promise<void> | void;
  pageSize: number;
}

export const githubIssuer = 'https://github.com';

export function createMemoryGithub(): MemoryGithub {
  const github: MemoryGithub = {
    organizations: [],
    requests: [],
    failure: null,
    beforeAnswer: () => undefined,
    afterAnswer: () => undefined,
    pageSize: 100,
    gateway: {
      issuer: githubIssuer,
      installationUrl: () => Promise.resolve(`${githubIssuer}/apps/nxkey/installations/new`),
      findInstallation: (login) =>
        answer(`installation of ${login}`, () =>
          installationOf(github.organizations.find((one) => one.login === login)),
        ),
      installation: (id) =>
        answer(`installation ${id}`, () =>
          installationOf(github.organizations.find((one) => one.installationId === id)),
        ),
      members: (ref, role, memory) =>
        pages(`members ${ref.login} ${role}`, role, memory, () =>
          peopleOf(found(ref), ({ isAdmin }) => isAdmin === (role === 'admin')),
        ),
      teamMembers: (ref, teamId, memory) =>
        pages(`team ${teamId}`, `team ${teamId}`, memory, () => {
          const members = found(ref).teams.get(teamId)?.members ?? new Set();
          return peopleOf(found(ref), (_member, id) => members.has(id));
        }),
      membership: (ref, person) =>
        answer(`membership ${ref.login} ${person.login}`, () => {
          const member = found(ref).members.get(person.githubUserId);
          return member === undefined ? null : { isAdmin: member.isAdmin, login: member.login };
        }),
      isTeamMember: (ref, teamId, person) =>
        answer(
          `team membership ${teamId} ${person.githubUserId}`,
          () => found(ref).teams.get(teamId)?.members.has(person.githubUserId) === true,
        ),
      findTeam: (ref, slug) =>
        answer(`team ${slug}`, () => {
          const team = [...found(ref).teams].find(([, candidate]) => candidate.slug === slug);
          return team === undefined ? null : { teamId: team[0], slug };
        }),
    },
  };

  async function answer<T>(request: string, decide: () => T): Promise<T> {
    github.requests.push(request);
    await github.beforeAnswer(request);
    if (github.failure !== null) throw github.failure;
    const decided = decide();
    await github.afterAnswer(request);
    return decided;
  }

  async function* pages(
    request: string,
    list: string,
    memory: PageMemory,
    people: () => GithubPerson[],
  ): AsyncGenerator<MemberPage> {
    for (let page = 1; ; page++) {
      const { shown, hasNext } = await answer(`${request} ${page}`, () => {
        const all = people();
        const end = page * github.pageSize;
        return { shown: all.slice(end - github.pageSize, end), hasNext: end < all.length };
      });
      const etag = JSON.stringify([shown, hasNext]);
      const isUnchanged = (await memory.find(list, page))?.etag === etag;
      if (!isUnchanged) await memory.keep(list, page, { etag, people: shown, hasNext });
      yield { people: shown, isUnchanged };
      if (!hasNext) {
        await memory.forgetFrom(list, page + 1);
        return;
      }
    }
  }

  /** By id, as the real gateway finds them. The installation has to be there. */
  function found({ githubOrganizationId, installationId, login }: GithubOrganizationRef): MemoryOrganization {
    const organization = github.organizations.find((one) => one.githubOrganizationId === githubOrganizationId);
    if (organization?.installationId === installationId && organization.installation === 'active') return organization;
    throw new GithubUnavailable(`GitHub was asked for ${login}: it refuses.`);
  }

  return github;
}

function installationOf(organization: MemoryOrganization | undefined) {
  if (organization === undefined || organization.installation === 'removed') return null;
  const { installationId, installation, githubOrganizationId, login } = organization;
  return { installationId, isSuspended: installation === 'suspended', organization: { githubOrganizationId, login } };
}

function peopleOf(
  { members }: MemoryOrganization,
  isWanted: (member: { isAdmin: boolean }, id: string) => boolean,
): GithubPerson[] {
  return [...members]
    .filter(([id, member]) => isWanted(member, id))
    .map(([githubUserId, { login }]) => ({ githubUserId, login }));
}
