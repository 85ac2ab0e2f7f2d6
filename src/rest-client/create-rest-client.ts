import { AuthenticationRequired } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import { paths } from '../protocol/paths.js';
import type { CiTokenInfo, PersonalAccessTokenInfo, WhoAmI, WorkspaceAccess } from '../protocol/wire-types.js';
import { UnexpectedAnswer } from './errors.js';
import type { HttpAnswer } from './http-answer.js';
import type { Http } from './http.js';
import {
  identifier,
  isObject,
  list,
  narrowed,
  nullable,
  object,
  oneOf,
  text,
  timestamp,
  WrongShape,
} from './narrow.js';
import { printable } from './printable.js';
import type { RestClient } from './rest-client.js';

/** @param signal aborted by Ctrl-C: the request under way ends with `Cancelled` */
export function createRestClient(http: Http, signal?: AbortSignal): RestClient {
  const { serverUrl } = http;

  /** Narrows a 2xx answer; anything else becomes the error that it stands for. */
  async function get<T>(path: string, bearer: string | undefined, what: string, read: (body: unknown) => T) {
    const answer = await http.request({
      method: 'GET',
      url: serverUrl + path,
      ...(bearer === undefined ? {} : { bearer }),
      signal,
    });
    if (answer.status >= 300) throw refusal(serverUrl, what, answer);
    return narrowed(serverUrl, what, () => read(answer.body));
  }

  return {
    serverUrl,
    whoAmI: (token) => get(paths.me, token, 'who you are', whoAmI),
    listMyTokens: (token) =>
      get(paths.myTokens, token, 'your tokens', (body) =>
        list(object(body, 'the answer')['tokens'], 'tokens', personalAccessTokenInfo),
      ),
    ciToken: (token) => get(paths.ciToken, token, 'the workspace of the CI access token', ciTokenInfo),

    async workspaceAccess(nxCloudId, token) {
      // Such an id names no workspace, and "..", put into a path, would ask for something else.
      if (!isNxCloudId(nxCloudId)) return null;
      try {
        return await get(paths.workspaceAccess(nxCloudId), token, 'your access to this workspace', workspaceAccess);
      } catch (error) {
        if (error instanceof NotFound) return null;
        throw error;
      }
    },
  };
}

/** 404 with a problem body: said by the API itself, not by something in front of it that knows no such path. */
class NotFound extends UnexpectedAnswer {}

function refusal(serverUrl: string, what: string, { status, body }: HttpAnswer): Error {
  const detail = isObject(body) && typeof body['detail'] === 'string' ? printable(body['detail'], 300) : '';
  const because = detail === '' ? '' : ` ${detail}`;
  if (status === 401) {
    return new AuthenticationRequired(`${serverUrl} does not accept the token.${because}`, {
      remedy: `Get a new one: npx nxkey login ${serverUrl}`,
    });
  }
  const message = `${serverUrl} was asked for ${what} and refused (status ${status}).${because}`;
  const remedy = 'Check that this is an nxkey server; if it is, update the older of the two, server or CLI.';
  if (status === 404 && isObject(body) && body['status'] === 404) return new NotFound(message, { remedy, status });
  return new UnexpectedAnswer(message, { remedy, status });
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
    nxCloudId: nxCloudId(answer['nxCloudId']),
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
    nxCloudId: nxCloudId(answer['nxCloudId']),
    level: oneOf(answer['level'], 'level', ['none', 'read-only', 'read-write']),
    because: text(answer['because'], 'because'),
  };
}

/** Written into nx.json by `convert-to-nx-cloud-id`, so nothing but an id may pass. */
function nxCloudId(value: unknown): string {
  if (typeof value !== 'string' || !isNxCloudId(value)) throw new WrongShape('nxCloudId is not an id of 24 characters');
  return value;
}
