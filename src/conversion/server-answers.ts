import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import type { AccessLevel } from '../protocol/wire-types.js';
import { ServerUnreachable } from '../rest-client/errors.js';
import type { RestClient } from '../rest-client/rest-client.js';

/** What servers say about tokens and ids. Each is asked once for each that differs, in however many workspaces it is. */
export interface ServerAnswers {
  /** @throws {UserError} as `RestClient.ciToken` does, also when the same was asked before */
  idOf: (accessToken: string, serverUrl: string) => Promise<string>;
  /** @throws {UserError} as `RestClient.workspaceAccess` does */
  anonymousLevelOf: (nxCloudId: string, serverUrl: string) => Promise<AccessLevel | undefined>;
}

/** After so many requests in a row without any answer, each of which may have waited for its time-out. */
const patience = 3;

/** A server that does not answer several times in a row is not asked any more: each question then fails at once. */
export function askServers(restClient: (serverUrl: string) => Promise<RestClient>): ServerAnswers {
  const failures = new Map<string, { inARow: number; last: ServerUnreachable }>();

  async function ask<Answer>(serverUrl: string, question: (client: RestClient) => Promise<Answer>): Promise<Answer> {
    const failed = failures.get(serverUrl);
    if (failed !== undefined && failed.inARow >= patience) throw notAskedAnyMore(serverUrl, failed);
    try {
      const answer = await question(await restClient(serverUrl));
      failures.delete(serverUrl);
      return answer;
    } catch (error) {
      if (error instanceof ServerUnreachable) {
        failures.set(serverUrl, { inARow: (failures.get(serverUrl)?.inARow ?? 0) + 1, last: error });
      } else {
        failures.delete(serverUrl);
      }
      throw error;
    }
  }

  const ids = remembering<string>();
  const levels = remembering<AccessLevel | undefined>();
  return {
    idOf: (accessToken, serverUrl) =>
      ids([serverUrl, accessToken], () => ask(serverUrl, (client) => usableId(client, accessToken))),
    anonymousLevelOf: (nxCloudId, serverUrl) =>
      levels([serverUrl, nxCloudId], () =>
        ask(serverUrl, async (client) => (await client.workspaceAccess(nxCloudId))?.level),
      ),
  };
}

async function usableId(client: RestClient, accessToken: string): Promise<string> {
  const { nxCloudId } = await client.ciToken(accessToken);
  if (isNxCloudId(nxCloudId)) return nxCloudId;
  throw new UserError(`${client.serverUrl} answered with an nxCloudId that Nx would not take.`, {
    remedy: 'Is this the server of your remote cache? Name another one with --server <url>.',
  });
}

function notAskedAnyMore(serverUrl: string, { inARow, last }: { inARow: number; last: ServerUnreachable }) {
  return new UserError(
    `${serverUrl} gave no answer ${inARow} times in a row and is not asked any more. ${last.message}`,
    {
      ...(last.remedy !== undefined && { remedy: last.remedy }),
      cause: last,
    },
  );
}

/** Asks once for each key, also while the answer is still on its way. Of the key only a hash is kept: it has secrets. */
function remembering<Answer>(): (key: readonly string[], ask: () => Promise<Answer>) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (key, ask) => {
    const hash = createHash('sha256').update(key.join('\n')).digest('base64');
    const answer = answers.get(hash) ?? ask();
    answers.set(hash, answer);
    return answer;
  };
}
