/** One cache for those on Nx's built-in client, such as CI, and those on the client program: the artifacts are the same. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import { byClientProgram, complaints, newClone, outputOf, startNx, type Access } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

let server: TestServer;
let token: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  token = await ciToken(server, 'read-write');
});

/** Failed tasks are kept, too, so that an exit code other than 0 goes through both. */
const keeping = { NX_CACHE_FAILURES: 'true' };
const ways: Record<string, () => Access> = {
  'the built-in client': () => {
    const { url: serverUrl, nxCloudId } = server;
    return { by: 'variables', serverUrl, nxCloudId, token, env: keeping };
  },
  'the client program': () => byClientProgram({ ...keeping, NX_CLOUD_ACCESS_TOKEN: token }),
};

describe(`Nx ${nxUnderTest.version}`, () => {
  it.each([
    ['the built-in client', 'the client program'],
    ['the client program', 'the built-in client'],
  ])('takes from the cache by %s what was stored by %s', async (reader, writer) => {
    const repository = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };
    const use = (way: string, args: string[]) => {
      const access = ways[way]?.();
      if (access === undefined) throw new Error(`There is no way ${way}`);
      const clone = newClone(repository);
      return { clone, finished: startNx(clone, access, args).finished };
    };

    expect(await use(writer, ['build', 'app']).finished).toMatchObject({ code: 0, ran: ['lib', 'app'] });
    const { clone, finished } = use(reader, ['build', 'app']);
    const hit = await finished;
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    for (const project of ['lib', 'app'] as const) {
      expect(outputOf(clone, project)).toBe(repository.source);
      expect(hit.printed).toMatch(new RegExp(`nx run ${project}:build +\\[remote cache\\]`));
    }
    expect(hit.printed).toContain('compiled app');

    expect(await use(writer, ['test', 'lib']).finished).toMatchObject({ code: 1, ran: ['lib'] });
    const failed = await use(reader, ['test', 'lib']).finished;
    expect(failed).toMatchObject(failedAgain(reader));
    expect(failed.printed).toContain('tested lib');
  });
});

/** What Nx makes of the stored result of a failed task; seen in the same way without a line of ours. */
function failedAgain(reader: string): object {
  const { major } = nxUnderTest;
  // It takes every result for one of success.
  if (reader === 'the built-in client' && major <= 21) return { code: 0, ran: [] };
  // No result of a failed task is looked at again.
  if (major <= 22) return { code: 1, ran: ['lib'] };
  return { code: 1, ran: [] };
}
