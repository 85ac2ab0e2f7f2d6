import { UsageError } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import { paths } from '../protocol/paths.js';
import type { AdministrationClient, AuditQuery } from './administration-client.js';
import type { Http, HttpRequest } from './http-over.js';
import { githubConnectionInfo, githubInfo, removalsConfirmed } from './narrow-github.js';
import {
  addedMember,
  auditPage,
  cacheStats,
  cacheUsage,
  ciAccessTokenInfo,
  createdCiAccessToken,
  listIn,
  memberInfo,
  organizationInfo,
  workspaceInfo,
} from './narrow-administration.js';
import { narrowed } from './narrow.js';
import { refusal, type Task } from './refusal.js';

const noOrganization = { 404: 'The organizations that you are a member of:  npx nxkey org list' };
const noWorkspace = { 404: 'The workspaces that you can see:  npx nxkey workspace list' };
const noMember = { 404: 'Who is a member:  npx nxkey member list' };
const noToken = { 404: 'It may have been revoked already:  npx nxkey ci-token list' };
const lastOwner = { 409: 'That is done with:  npx nxkey member role <email> owner' };
const fromGithub = { 409: 'Which roles come from there, and how to change them:  npx nxkey org github' };
const whatItTakes = 'Nothing was changed. What it takes:  npx nxkey org connect-github --help';
const howToConnect = { 400: whatItTakes, 403: whatItTakes, 409: whatItTakes };
const notConnected = {
  ...noOrganization,
  409: 'How the connection is:  npx nxkey org github',
};
const rotation = { 409: 'Make a new one instead:  npx nxkey ci-token create <name> --access <level>' };

/**
 * @param token a personal access token
 * @param signal aborted by Ctrl-C: the request under way ends with `Cancelled`
 */
export function createAdministrationClient(http: Http, token: string, signal?: AbortSignal): AdministrationClient {
  const { serverUrl } = http;

  /** Narrows a 2xx answer; anything else becomes the error that it stands for. */
  async function ask<T>(
    method: HttpRequest['method'],
    path: string,
    { json, read, ...task }: Task & { json?: object; read: (body: unknown) => T },
  ): Promise<T> {
    const answer = await http.request({
      method,
      url: serverUrl + path,
      bearer: token,
      signal,
      ...(json !== undefined && { json }),
    });
    if (answer.status >= 300) throw refusal(serverUrl, task, answer);
    return narrowed(serverUrl, task.what, () => read(answer.body));
  }

  return {
    serverUrl,

    organizations: () =>
      ask('GET', paths.organizations, {
        what: 'your organizations',
        read: (body) => listIn(body, 'organizations', organizationInfo),
      }),
    organization: (slug) =>
      ask('GET', paths.organization(slug), {
        what: `the organization ${slug}`,
        remedies: noOrganization,
        read: organizationInfo,
      }),
    createOrganization: (json) =>
      ask('POST', paths.organizations, {
        what: `a new organization ${json.slug}`,
        remedies: { 409: 'Choose another slug.' },
        json,
        read: organizationInfo,
      }),

    members: (slug) =>
      ask('GET', paths.members(slug), {
        what: `the members of ${slug}`,
        remedies: noOrganization,
        read: (body) => listIn(body, 'members', memberInfo),
      }),
    addMember: (slug, json) =>
      ask('POST', paths.members(slug), {
        what: `a new member of ${slug}`,
        remedies: { ...noOrganization, 409: `To change a role:  npx nxkey member role ${json.email} <role>` },
        json,
        read: addedMember,
      }),
    changeMember: (slug, { user, source }, json) =>
      ask('PATCH', paths.member(slug, user.id), {
        what: `another role for ${user.email} in ${slug}`,
        remedies: { ...noMember, ...(source === 'github' ? fromGithub : lastOwner) },
        json,
        read: memberInfo,
      }),
    removeMember: (slug, { user, source }) =>
      ask('DELETE', paths.member(slug, user.id), {
        what: `the removal of ${user.email} from ${slug}`,
        remedies: { ...noMember, ...(source === 'github' ? fromGithub : lastOwner) },
        read: nothing,
      }),

    github: async (slug) => {
      const { connection } = await ask('GET', paths.github(slug), {
        what: `the connection of ${slug} to GitHub`,
        remedies: noOrganization,
        read: githubInfo,
      });
      return connection;
    },
    connectGithub: (slug, json) =>
      ask('PUT', paths.github(slug), {
        what: `a connection of ${slug} to the GitHub organization ${json.login}`,
        remedies: { ...noOrganization, ...howToConnect },
        json,
        read: githubConnectionInfo,
      }),
    changeGithub: (slug, json) =>
      ask('PATCH', paths.github(slug), {
        what: `other roles for those who come to ${slug} from GitHub`,
        remedies: notConnected,
        json,
        read: githubConnectionInfo,
      }),
    disconnectGithub: (slug) =>
      ask('DELETE', paths.github(slug), {
        what: `the end of the connection of ${slug} to GitHub`,
        remedies: { ...notConnected, ...lastOwner },
        read: nothing,
      }),
    syncGithub: (slug) =>
      ask('POST', paths.githubSync(slug), {
        what: `a comparison of the members of ${slug} with GitHub`,
        remedies: notConnected,
        read: nothing,
      }),
    confirmGithubRemovals: (slug, json) =>
      ask('POST', paths.githubConfirmRemovals(slug), {
        what: `the removal of those who have left the GitHub organization of ${slug}`,
        remedies: { ...notConnected, 409: 'Look at who it is now:  npx nxkey org confirm-removals' },
        json,
        read: removalsConfirmed,
      }),

    workspaces: (slug) =>
      ask('GET', paths.workspaces(slug), {
        what: `the workspaces of ${slug}`,
        remedies: noOrganization,
        read: (body) => listIn(body, 'workspaces', workspaceInfo),
      }),
    workspace: async (nxCloudId) =>
      ask('GET', paths.workspace(checked(nxCloudId)), {
        what: `the workspace ${nxCloudId}`,
        remedies: noWorkspace,
        read: workspaceInfo,
      }),
    createWorkspace: (slug, json) =>
      ask('POST', paths.workspaces(slug), {
        what: `a new workspace in ${slug}`,
        remedies: { ...noOrganization, 409: 'Choose another name.' },
        json,
        read: workspaceInfo,
      }),
    changeWorkspace: async (nxCloudId, json) =>
      ask('PATCH', paths.workspace(checked(nxCloudId)), {
        what: `other settings of the workspace ${nxCloudId}`,
        remedies: noWorkspace,
        json,
        read: workspaceInfo,
      }),

    ciTokens: async (nxCloudId) =>
      ask('GET', paths.ciTokens(checked(nxCloudId)), {
        what: `the CI access tokens of ${nxCloudId}`,
        remedies: noWorkspace,
        read: (body) => listIn(body, 'tokens', ciAccessTokenInfo),
      }),
    createCiToken: async (nxCloudId, json) =>
      ask('POST', paths.ciTokens(checked(nxCloudId)), {
        what: 'a new CI access token',
        remedies: noWorkspace,
        json,
        read: createdCiAccessToken,
      }),
    importCiToken: async (nxCloudId, json) =>
      ask('POST', paths.ciTokenImport(checked(nxCloudId)), {
        what: 'the import of a CI access token',
        remedies: noWorkspace,
        json,
        read: ciAccessTokenInfo,
      }),
    rotateCiToken: async (nxCloudId, id, json) =>
      ask('POST', paths.ciTokenRotation(checked(nxCloudId), id), {
        what: 'the rotation of a CI access token',
        remedies: { ...noToken, ...rotation },
        json,
        read: createdCiAccessToken,
      }),
    changeCiToken: async (nxCloudId, id, json) =>
      ask('PATCH', paths.ciTokenById(checked(nxCloudId), id), {
        what: 'another name or end of a CI access token',
        remedies: noToken,
        json,
        read: ciAccessTokenInfo,
      }),
    revokeCiToken: async (nxCloudId, id) =>
      ask('DELETE', paths.ciTokenById(checked(nxCloudId), id), {
        what: 'the revocation of a CI access token',
        remedies: noToken,
        read: nothing,
      }),

    cacheStats: async (nxCloudId) =>
      ask('GET', paths.cacheStats(checked(nxCloudId)), {
        what: `the cache of ${nxCloudId}`,
        remedies: noWorkspace,
        read: cacheStats,
      }),
    purgeCache: async (nxCloudId, json) =>
      ask('POST', paths.cachePurge(checked(nxCloudId)), {
        what: `the purge of the cache of ${nxCloudId}`,
        remedies: noWorkspace,
        json,
        read: (body) => cacheUsage(body),
      }),

    audit: (slug, query) =>
      ask('GET', `${paths.audit(slug)}?${auditParameters(query).toString()}`, {
        what: `the audit log of ${slug}`,
        remedies: noOrganization,
        read: auditPage,
      }),
  };
}

/** Such an id names no workspace, and "..", put into a path, would ask for something else. */
function checked(nxCloudId: string): string {
  if (isNxCloudId(nxCloudId)) return nxCloudId;
  throw new UsageError(
    'A workspace is named by its nxCloudId, which has 24 letters and digits; what was given is none.',
    {
      remedy: noWorkspace[404],
    },
  );
}

function auditParameters({ actions = [], limit, ...others }: AuditQuery): URLSearchParams {
  const parameters = new URLSearchParams({ ...others, limit: String(limit) });
  for (const action of actions) parameters.append('action', action);
  return parameters;
}

function nothing(): void {
  // 204: there is nothing to read.
}
