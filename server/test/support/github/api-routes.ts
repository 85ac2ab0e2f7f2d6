import * as bodies from './bodies.js';
import type { Bearer, Credentials } from './credentials.js';
import type { Operation } from './description.js';
import type { DoubleInstallation, DoubleOrganization, DoubleTeam, DoubleUser, GithubWorld } from './world.js';

export interface ApiQuestion {
  world: GithubWorld;
  credentials: Credentials;
  urls: bodies.Urls;
  bearer: Exclude<Bearer, { kind: 'refused' }>;
  /** What stands in the path's braces, decoded. */
  parameters: Record<string, string>;
  query: Record<string, string>;
  /** What a user access token may learn of e-mail addresses: all, or an answer with this status. */
  emailAccess: 'granted' | 403 | 404;
}

export type ApiAnswer =
  | { status: number; body: unknown }
  /** One page of it is sent, with links to the others at the organization's or the user's address by id. */
  | { list: readonly DoubleUser[]; link: string; item: (user: DoubleUser) => unknown };

export interface ApiRoute {
  path: string;
  /** What it is in GitHub's description, which has each route once, by name. */
  operation: Operation;
  bearer: Exclude<Bearer['kind'], 'refused'>;
  answer: (question: ApiQuestion) => ApiAnswer;
}

const notFound = failure(404, 'Not Found');
const notAccessible = failure(403, 'Resource not accessible by integration');

function failure(status: number, message: string): ApiAnswer {
  return { status, body: bodies.errorBody(status, message) };
}

function route(method: Operation['method'], path: string, rest: Pick<ApiRoute, 'bearer' | 'answer'>): ApiRoute {
  return { path, operation: { method, path }, ...rest };
}

const teamBySlug = '/orgs/{org}/teams/{team_slug}';

/** The routes that nxkey uses, and no other. */
export const apiRoutes: readonly ApiRoute[] = [
  route('get', '/app', {
    bearer: 'app',
    answer: ({ credentials, urls }) => ({ status: 200, body: bodies.appBody(credentials.app, urls) }),
  }),
  route('get', '/app/installations/{installation_id}', {
    bearer: 'app',
    answer: (question) => installationAnswer(question, findInstallation(question)),
  }),
  route('get', '/orgs/{org}/installation', {
    bearer: 'app',
    answer: (question) => {
      const organization = findOrganization(question);
      const all = [...question.world.installations.values()];
      return installationAnswer(
        question,
        all.find((each) => each.organization === organization),
      );
    },
  }),
  route('post', '/app/installations/{installation_id}/access_tokens', {
    bearer: 'app',
    answer: (question) => {
      const installation = findInstallation(question);
      if (installation === undefined) return notFound;
      if (installation.suspendedAt !== null) return failure(403, 'This installation has been suspended');
      const { token, expiresAt } = question.credentials.issueInstallationToken(installation);
      const permissions = { members: 'read', metadata: 'read' };
      const expires_at = new Date(expiresAt).toISOString();
      return { status: 201, body: { token, expires_at, permissions, repository_selection: 'all' } };
    },
  }),
  route('get', '/orgs/{org}/members', { bearer: 'installation', answer: membersAnswer }),
  {
    // What GitHub's own links to further pages lead to.
    path: '/organizations/{org_id}/members',
    operation: { method: 'get', path: '/orgs/{org}/members' },
    bearer: 'installation',
    answer: membersAnswer,
  },
  route('get', '/orgs/{org}/memberships/{username}', {
    bearer: 'installation',
    answer: (question) => {
      const organization = findOrganization(question);
      if (organization === undefined) return notFound;
      if (!isOwn(question, organization)) return notAccessible;
      const user = question.world.findUser(question.parameters['username'] ?? '');
      const member = user && organization.members.get(user.id);
      if (member === undefined) return notFound;
      return { status: 200, body: bodies.organizationMembership(organization, member, question.urls) };
    },
  }),
  route('get', teamBySlug, {
    bearer: 'installation',
    answer: (question) => {
      const team = findTeam(question);
      return team === undefined ? notFound : { status: 200, body: bodies.fullTeam(team, question.urls) };
    },
  }),
  {
    path: '/organizations/{org_id}/team/{team_id}/members',
    operation: { method: 'get', path: `${teamBySlug}/members` },
    bearer: 'installation',
    answer: (question) => {
      const team = findTeam(question);
      if (team === undefined) return notFound;
      return {
        list: question.world.teamMembersOf(team),
        link: `/organizations/${team.organization.id}/team/${team.id}/members`,
        item: (user) => ({
          ...bodies.simpleUser(user, question.urls),
          role: 'member',
          inherited: !team.members.has(user.id),
        }),
      };
    },
  },
  {
    path: '/organizations/{org_id}/team/{team_id}/memberships/{username}',
    operation: { method: 'get', path: `${teamBySlug}/memberships/{username}` },
    bearer: 'installation',
    answer: (question) => {
      const team = findTeam(question);
      const user = question.world.findUser(question.parameters['username'] ?? '');
      if (team === undefined || user === undefined) return notFound;
      if (!question.world.teamMembersOf(team).includes(user)) return notFound;
      return { status: 200, body: bodies.teamMembership(team, user, question.urls) };
    },
  },
  route('get', '/user/{account_id}', {
    bearer: 'installation',
    answer: ({ world, parameters, urls }) => {
      const user = world.users.get(Number(parameters['account_id']));
      return user === undefined ? notFound : { status: 200, body: bodies.publicUser(user, urls) };
    },
  }),
  route('get', '/user', {
    bearer: 'user',
    answer: ({ bearer, urls }) =>
      bearer.kind === 'user' ? { status: 200, body: bodies.publicUser(bearer.user, urls) } : notFound,
  }),
  route('get', '/user/emails', {
    bearer: 'user',
    answer: ({ bearer, emailAccess }) => {
      if (bearer.kind !== 'user' || emailAccess === 404) return notFound;
      if (emailAccess === 403) return notAccessible;
      return { status: 200, body: bearer.user.emails.map((email) => ({ ...email, visibility: null })) };
    },
  }),
];

function membersAnswer(question: ApiQuestion): ApiAnswer {
  const organization = findOrganization(question);
  if (organization === undefined) return notFound;
  const { role = 'all' } = question.query;
  return {
    // Also to the installation in another organization: members may show their membership to everybody.
    list: question.world.membersOf(organization, role === 'admin' || role === 'member' ? role : 'all'),
    link: `/organizations/${organization.id}/members`,
    item: (user) => bodies.simpleUser(user, question.urls),
  };
}

function installationAnswer({ credentials, urls }: ApiQuestion, installation?: DoubleInstallation): ApiAnswer {
  if (installation === undefined) return notFound;
  return { status: 200, body: bodies.installationBody(installation, credentials.app, urls) };
}

function findInstallation({ world, parameters }: ApiQuestion): DoubleInstallation | undefined {
  return world.installations.get(Number(parameters['installation_id']));
}

function findOrganization({ world, parameters }: ApiQuestion): DoubleOrganization | undefined {
  const { org, org_id } = parameters;
  return org === undefined ? world.organizations.get(Number(org_id)) : world.findOrganization(org);
}

function findTeam(question: ApiQuestion): DoubleTeam | undefined {
  const organization = findOrganization(question);
  if (organization === undefined || !isOwn(question, organization)) return undefined;
  const { team_id, team_slug } = question.parameters;
  if (team_id !== undefined) return organization.teams.get(Number(team_id));
  return [...organization.teams.values()].find(({ slug }) => slug === team_slug);
}

function isOwn({ bearer }: ApiQuestion, organization: DoubleOrganization): boolean {
  return bearer.kind === 'installation' && bearer.installation.organization === organization;
}
