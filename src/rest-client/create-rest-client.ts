import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import { paths } from '../protocol/paths.js';
import type { CiTokenInfo, PersonalAccessTokenInfo, WhoAmI, WorkspaceAccess } from '../protocol/wire-types.js';
import { Refused } from './errors.js';
import type { Http } from './http-over.js';
import { identifier, list, narrowed, nullable, nxCloudId, object, oneOf, text, timestamp } from './narrow.js';
import { refusal } from './refusal.js';
import type { RequestOptions, RestClient } from './rest-client.js';

/** @param signal aborted by Ctrl-C: the request under way ends with `Cancelled` */
export function createRestClient(http: Http, signal?: AbortSignal): RestClient {
  const { serverUrl } = http;

  /** Narrows a 2xx answer; anything else becomes the error that it stands for. */
  async function get<T>(
    path: string,
    bearer: string | undefined,
    what: string,
    read: (body: unknown) => T,
    options: RequestOptions = {},
  ) {
    const answer = await http.request({
      method: 'GET',
      url: serverUrl + path,
      ...(bearer === undefined ? {} : { bearer }),
      ...options,
      signal,
    });
    if (answer.status >= 300) throw refusal(serverUrl, { what }, answer);
    return narrowed(serverUrl, what, () => read(answer.body));
  }

  return {
    serverUrl,
    whoAmI: (token) => get(paths.me, token, 'who you are', whoAmI),
    listMyTokens: (token) =>
      get(paths.myTokens, token, 'your tokens', (body) =>
        list(object(body, 'the answer')['tokens'], 'tokens', personalAccessTokenInfo),
      ),
    ciToken: (token, options) =>
      get(paths.ciToken, token, 'the workspace of the CI access token', ciTokenInfo, options),

    async workspaceAccess(nxCloudId, token, options) {
      // Such an id names no workspace, and "..", put into a path, would ask for something else.
      if (!isNxCloudId(nxCloudId)) return null;
      try {
        return await get(
          paths.workspaceAccess(nxCloudId),
          token,
          'your access to this workspace',
          workspaceAccess,
          options,
        );
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }
    },
  };
}

function whoAmI(body: unknown): WhoAmI {
  const answer = object(body, 'the answer');
  const user = object(answer['user'], 'user');
  return {
    user: {
      id: text(user['id'], 'user.id'),
      name: text(user['name'], 'user.name'),
      email: text(user['email'], 'user.email'),
    },
    token: personalAccessTokenInfo(answer['token'], 'token'),
    organizations: list(answer['organizations'], 'organizations', (element, at) => {
      const organization = object(element, at);
      return {
        slug: text(organization['slug'], `${at}.slug`),
        name: text(organization['name'], `${at}.name`),
        role: oneOf(organization['role'], `${at}.role`, ['owner', 'admin', 'member']),
        warnings: list(organization['warnings'], `${at}.warnings`, text),
      };
    }),
  };
}

function personalAccessTokenInfo(value: unknown, at: string): PersonalAccessTokenInfo {
  const token = object(value, at);
  const origin = object(token['origin'], `${at}.origin`);
  return {
    id: identifier(token['id'], `${at}.id`, 200),
    name: text(token['name'], `${at}.name`),
    createdAt: timestamp(token['createdAt'], `${at}.createdAt`),
    lastUsedAt: nullable(token['lastUsedAt'], `${at}.lastUsedAt`, timestamp),
    expiresAt: nullable(token['expiresAt'], `${at}.expiresAt`, timestamp),
    origin: {
      client: text(origin['client'], `${at}.origin.client`),
      hostName: nullable(origin['hostName'], `${at}.origin.hostName`, text),
      ipAddress: nullable(origin['ipAddress'], `${at}.origin.ipAddress`, text),
    },
  };
}

function ciTokenInfo(body: unknown): CiTokenInfo {
  const answer = object(body, 'the answer');
  const workspace = object(answer['workspace'], 'workspace');
  const organization = object(answer['organization'], 'organization');
  return {
    nxCloudId: nxCloudId(answer['nxCloudId'], 'nxCloudId'),
    accessLevel: oneOf(answer['accessLevel'], 'accessLevel', ['read-only', 'read-write']),
    workspace: { name: text(workspace['name'], 'workspace.name') },
    organization: {
      slug: text(organization['slug'], 'organization.slug'),
      name: text(organization['name'], 'organization.name'),
    },
  };
}

function workspaceAccess(body: unknown): WorkspaceAccess {
  const answer = object(body, 'the answer');
  return {
    nxCloudId: nxCloudId(answer['nxCloudId'], 'nxCloudId'),
    level: oneOf(answer['level'], 'level', ['none', 'read-only', 'read-write']),
    because: text(answer['because'], 'because'),
    ...(answer['claimed'] === false && { claimed: false }),
  };
}
