import type { DoubleInstallation, DoubleMember, DoubleOrganization, DoubleTeam, DoubleUser } from './world.js';

/** Where this GitHub's pages and its API are. */
export interface Urls {
  site: string;
  api: string;
}

const since = '2020-01-31T09:00:00Z';

export function simpleUser({ id, login }: { id: number; login: string }, { site, api }: Urls, type = 'User') {
  const url = `${api}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${site}/avatars/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${site}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** What a GitHub App's user access token shows of its user, and what anybody sees. */
export function publicUser(user: DoubleUser, urls: Urls) {
  return {
    ...simpleUser(user, urls),
    name: user.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 2,
    public_gists: 0,
    followers: 1,
    following: 0,
    created_at: since,
    updated_at: since,
  };
}

export function simpleOrganization({ id, login }: DoubleOrganization, { site, api }: Urls) {
  const url = `${api}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId('Organization', id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${site}/avatars/u/${id}?v=4`,
    description: null,
  };
}

export function organizationMembership(organization: DoubleOrganization, member: DoubleMember, urls: Urls) {
  const organizationUrl = `${urls.api}/orgs/${organization.login}`;
  return {
    url: `${organizationUrl}/memberships/${member.user.login}`,
    state: member.state,
    role: member.role,
    organization_url: organizationUrl,
    user: simpleUser(member.user, urls),
    organization: simpleOrganization(organization, urls),
  };
}

export function teamMembership(team: DoubleTeam, user: DoubleUser, { api }: Urls) {
  const url = `${api}/organizations/${team.organization.id}/team/${team.id}/memberships/${user.login}`;
  return { state: 'active', role: 'member', url };
}

/** As elsewhere than alone: in webhooks, or as somebody's parent. */
export function simpleTeam({ id, slug, organization }: DoubleTeam, { site, api }: Urls) {
  const url = `${api}/organizations/${organization.id}/team/${id}`;
  return {
    name: slug,
    id,
    node_id: nodeId('Team', id),
    slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    url,
    html_url: `${site}/orgs/${organization.login}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization',
    organization_id: organization.id,
    permission: 'pull',
  };
}

export function fullTeam(team: DoubleTeam, urls: Urls) {
  return {
    ...simpleTeam(team, urls),
    parent: team.parent === null ? null : simpleTeam(team.parent, urls),
    created_at: since,
    updated_at: since,
    members_count: team.members.size,
    repos_count: 0,
    organization: {
      ...simpleOrganization(team.organization, urls),
      html_url: `${urls.site}/${team.organization.login}`,
      has_organization_projects: true,
      has_repository_projects: true,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      type: 'Organization',
      created_at: since,
      updated_at: since,
      archived_at: null,
    },
  };
}

export function installationBody(installation: DoubleInstallation, app: { id: number; slug: string }, urls: Urls) {
  const { id, organization, suspendedAt } = installation;
  return {
    id,
    account: simpleUser(organization, urls, 'Organization'),
    repository_selection: 'all',
    access_tokens_url: `${urls.api}/app/installations/${id}/access_tokens`,
    repositories_url: `${urls.api}/installation/repositories`,
    html_url: `${urls.site}/organizations/${organization.login}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: organization.id,
    target_type: 'Organization',
    permissions: { members: 'read', metadata: 'read' },
    events: ['membership', 'organization', 'team'],
    created_at: since,
    updated_at: since,
    single_file_name: null,
    suspended_by: suspendedAt === null ? null : simpleUser({ id: 1, login: 'an-admin' }, urls),
    suspended_at: suspendedAt === null ? null : new Date(suspendedAt).toISOString(),
  };
}

export function appBody(app: { id: number; slug: string; clientId: string }, urls: Urls) {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('Integration', app.id),
    owner: simpleUser({ id: 2, login: 'nxkey-makers' }, urls, 'Organization'),
    name: 'nxkey',
    description: null,
    external_url: 'https://nxkey.example',
    html_url: `${urls.site}/apps/${app.slug}`,
    created_at: since,
    updated_at: since,
    permissions: { members: 'read', metadata: 'read' },
    events: ['membership', 'organization', 'team'],
  };
}

/** What GitHub says instead of an answer. */
export function errorBody(status: number, message: string) {
  return { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
}

function nodeId(type: string, id: number): string {
  return Buffer.from(`${type}${id}`).toString('base64url');
}
