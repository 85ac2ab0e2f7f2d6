import { randomBytes, randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import { presets } from '../../src/domain/presets.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import {
  cacheClient,
  type ArtifactAddress,
  type CacheAnswer,
  type CacheClient,
  type Credential,
} from './cache-client.js';
import { campaignTimeout, rounds } from './rounds.js';

/**
 * CVE-2025-36852: whoever writes a hash first decides what everybody reads. Somebody who may not be trusted knows the
 * hash that the main branch will need, and writes it before, while and after main does.
 */
const attackRounds = rounds({ brief: 30, full: 1000 });
const raceRounds = rounds({ brief: 40, full: 1000 });

interface Somebody {
  who: string;
  credential: Credential;
  branch?: string;
}

/** What everybody who may write somewhere is answered with: stored, or something stands there already. */
const taken = [200, 409];

let server: TestServer;
let agent: Agent;
let cache: CacheClient;
beforeAll(async () => {
  server = await startTestServer();
  agent = new Agent({ keepAlive: true, maxSockets: 32 });
  cache = cacheClient(() => server.url, agent);
});
afterAll(async () => {
  agent.destroy();
  await server.close();
});

describe('an untrusted client that writes the hash which main will need', () => {
  let nxCloudId: string;
  let main: Credential;
  let readOnlyToken: Credential;
  let outsiders: (Somebody & { status: number })[];
  let readers: Somebody[];

  beforeAll(async () => {
    const workspace = await server.addWorkspace('attacked', 'open-source');
    await server.services.database.workspaces.setAccess(workspace.id, {
      ...presets['open-source'],
      patLevel: 'read-only',
    });
    const elsewhere = await server.addWorkspace('elsewhere', 'default');
    nxCloudId = workspace.nxCloudId;
    main = await ciToken(workspace, 'read-write');
    readOnlyToken = await ciToken(workspace, 'read-only');
    const member: Credential = { kind: 'personal-header', token: await server.addToken(server.owner) };
    const otherReadOnlyToken = await ciToken(workspace, 'read-only');
    outsiders = [
      { who: 'a read-only person', credential: member, status: 403 },
      { who: 'somebody anonymous', credential: { kind: 'none' }, status: 403 },
      { who: 'somebody with the nxCloudId', credential: { kind: 'id-header' }, branch: 'main', status: 403 },
      { who: 'another workspace', credential: await ciToken(elsewhere, 'read-write'), status: 401 },
    ];
    readers = [
      { who: 'main', credential: main },
      { who: 'main on its branch', credential: main, branch: 'main' },
      { who: 'a member', credential: member },
      { who: 'somebody anonymous', credential: { kind: 'none' } },
      { who: 'another read-only token', credential: otherReadOnlyToken },
      { who: 'another read-only token on the same branch', credential: otherReadOnlyToken, branch: 'main' },
    ];
  });

  /** Names that a server which builds paths or scopes from them could mistake for the trusted scope. */
  const branches = [undefined, 'main', 'trusted', '../trusted', '/', 'refs/pull/7/merge'];

  it(
    'never changes what anybody else reads',
    async () => {
      for (let round = 0; round < attackRounds; round++) await attack(`${round}`);
    },
    campaignTimeout,
  );

  async function attack(round: string): Promise<void> {
    const hash = newHash();
    const mains = newBody(`main's ${round}`);
    const address = ({ branch }: { branch?: string | undefined }): ArtifactAddress => ({ nxCloudId, hash, branch });
    const branch = branches[randomInt(branches.length)];
    const otherBranch = branches.find((other) => other !== branch);
    const poison = newBody(`poison ${round}`);
    const own = address({ branch });

    const writeAll = () =>
      Promise.all([
        cache.put(own, readOnlyToken, poison).then(({ status }) => {
          expect(taken).toContain(status);
        }),
        ...outsiders.map(async (somebody) => {
          const { status } = await cache.put(address(somebody), somebody.credential, newBody(somebody.who));
          expect(status, somebody.who).toBe(somebody.status);
        }),
      ]);
    const readAll = async (allowed: readonly (Buffer | null)[]) => {
      await Promise.all(
        readers.map(async (reader) => {
          const read = bodyOf(await cache.get(address(reader), reader.credential));
          expect(
            allowed.some((body) => sameBody(read, body)),
            `${reader.who} reads only what main has written`,
          ).toBe(true);
        }),
      );
    };

    // Before. On the branch it names the untrusted token has its own to itself, and nothing on another one.
    await writeAll();
    await readAll([null]);
    expect(sameBody(bodyOf(await cache.get(own, readOnlyToken)), poison)).toBe(true);
    expect(bodyOf(await cache.get(address({ branch: otherBranch }), readOnlyToken))).toBeNull();

    // While: its upload lies around main's, or within it, or they run side by side.
    const poisonElsewhere = newBody(`poison elsewhere ${round}`);
    const beginPoison = () => cache.beginPut(address({ branch: otherBranch }), readOnlyToken, poisonElsewhere);
    const noise = [writeAll(), readAll([null, mains]), readAll([null, mains])];
    switch (randomInt(3)) {
      case 0: {
        const outer = beginPoison();
        expect((await cache.put(address({}), main, mains)).status).toBe(200);
        expect(taken).toContain((await outer.finish()).status);
        break;
      }
      case 1: {
        const outer = cache.beginPut(address({}), main, mains);
        expect(taken).toContain((await beginPoison().finish()).status);
        await readAll([null]);
        expect((await outer.finish()).status).toBe(200);
        break;
      }
      default: {
        const [mainAnswer, poisonAnswer] = await Promise.all([
          cache.put(address({}), main, mains),
          beginPoison().finish(),
        ]);
        expect(mainAnswer.status).toBe(200);
        expect(taken).toContain(poisonAnswer.status);
      }
    }
    await Promise.all(noise);

    // After. What is trusted goes before the untrusted token's own, for the token itself, too.
    await readAll([mains]);
    await writeAll();
    await readAll([mains]);
    for (const place of [own, address({ branch: otherBranch })]) {
      expect(sameBody(bodyOf(await cache.get(place, readOnlyToken)), mains)).toBe(true);
    }
  }
});

describe('trusted writers that write one hash at once', () => {
  it(
    'leave the body of exactly one of them, and everybody reads it for ever',
    async () => {
      const workspace = await server.addWorkspace('raced', 'default');
      const { nxCloudId } = workspace;
      const writers: Credential[] = [
        await ciToken(workspace, 'read-write'),
        await ciToken(workspace, 'read-write'),
        { kind: 'bearer', token: await server.addToken(server.owner) },
      ];
      for (let round = 0; round < raceRounds; round++) {
        const address = { nxCloudId, hash: newHash() };
        const bodies = writers.map((_writer, index) => newBody(`writer ${index} in ${round}`));
        const seen: Buffer[] = [];
        const look = async () => {
          const body = bodyOf(await cache.get(address, { kind: 'none' }));
          if (body !== null) seen.push(body);
        };
        const [answers] = await Promise.all([
          Promise.all(writers.map((writer, index) => cache.put(address, writer, bodies[index] ?? Buffer.alloc(0)))),
          look().then(look).then(look),
          look(),
        ]);
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
        const winner = bodies[answers.findIndex(({ status }) => status === 200)] ?? null;

        const late = await Promise.all(writers.map((writer) => cache.put(address, writer, newBody('late'))));
        expect(late.map(({ status }) => status)).toEqual([409, 409, 409]);
        await Promise.all([look(), look()]);
        expect(seen.length).toBeGreaterThanOrEqual(2);
        expect(seen.filter((body) => !sameBody(body, winner))).toEqual([]);
      }
    },
    campaignTimeout,
  );
});

async function ciToken({ id }: { id: string }, level: CiAccessLevel): Promise<Credential> {
  return { kind: 'bearer', token: await server.addCiToken(level, { workspaceId: id }) };
}

/** As Nx makes them: decimal. */
function newHash(): string {
  return randomBytes(8).readBigUInt64LE().toString();
}

/** Of any size between nothing but the name and what is read from the disk in several pieces. */
function newBody(name: string): Buffer {
  const size = [0, 1000, 50_000, 300_000][randomInt(4)] ?? 0;
  return Buffer.concat([Buffer.from(`${name} ${randomBytes(8).toString('hex')}\n`), randomBytes(size)]);
}

/** `null` on a miss. */
function bodyOf({ status, body }: CacheAnswer): Buffer | null {
  expect([200, 404]).toContain(status);
  return status === 200 ? body : null;
}

function sameBody(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
