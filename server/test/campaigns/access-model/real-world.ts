import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import type { Kysely } from 'kysely';
import { paths } from '../../../../src/protocol/paths.js';
import { formatToken } from '../../../../src/protocol/tokens.js';
import { recordToken } from '../../../../test/support/ledger.js';
import type { Tables } from '../../../src/database/schema.js';
import type { AccessSettings } from '../../../src/domain/model.js';
import { presets } from '../../../src/domain/presets.js';
import { newId, newNxCloudId, newToken } from '../../../src/domain/secrets.js';
import { httpClient, type Answer, type HttpClient } from '../../support/http.js';
import { startTestServer, type TestServer, type TestUser } from '../../support/test-server.js';
import { cacheClient, type CacheAnswer, type Credential } from '../cache-client.js';
import { openOtherProcess } from './other-process.js';
import {
  personNames,
  type CacheRequest,
  type InvalidForm,
  type ModelCredential,
  type OrganizationName,
  type PersonName,
  type World,
  type WorkspaceName,
} from './world.js';

/** A secret that the server gave out, and what its own administration calls it. */
export interface RealToken {
  id: string;
  secret: string;
}

/** The real server, as the commands see it; tokens stand in the order of the model's. */
export interface RealWorld {
  server: TestServer;
  otherProcess: Kysely<Tables>;
  rest: HttpClient;
  people: Record<PersonName, TestUser>;
  organizationIds: Record<OrganizationName, string>;
  workspaces: Record<WorkspaceName, { id: string; nxCloudId: string }>;
  ciTokens: RealToken[];
  personalTokens: RealToken[];
  get(request: CacheRequest): Promise<CacheAnswer>;
  put(request: CacheRequest, body: Buffer): Promise<CacheAnswer>;
  askForAccess(request: CacheRequest): Promise<Answer>;
  /** A personal access token of the owner of both organizations, good at this moment. */
  ownersToken(): Promise<string>;
  /** Bytes that no other body has. */
  newBody(size: number): Buffer;
  /** How often which method was answered with which status. */
  answers: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** A workspace that has not opted in. */
const closed: AccessSettings = { patOptIn: false, anonymousLevel: 'none', patLevel: 'read-only' };

/** A server with the people, organizations and workspaces of the model and nothing else, and the model of it. */
export async function createWorlds(): Promise<{ world: World; real: RealWorld }> {
  const server = await startTestServer();
  const otherProcess = openOtherProcess(server.dataFolder);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const cache = cacheClient(() => server.url, agent);
  const rest = httpClient(() => server.url);

  const umbrellaId = newId();
  const createdAt = server.now();
  const umbrella = { id: umbrellaId, slug: 'umbrella', name: 'Umbrella', createdAt };
  await otherProcess.insertInto('organizations').values(umbrella).execute();
  const ada = server.owner;
  const ownership = { userId: ada.id, organizationId: umbrellaId, role: 'owner', source: 'manual', createdAt } as const;
  await otherProcess.insertInto('memberships').values(ownership).execute();
  const [bob, carol, dave] = await Promise.all(
    personNames.slice(1).map((name) => server.addUser({ email: `${name}@acme.example`, name, role: null })),
  );
  if (bob === undefined || carol === undefined || dave === undefined) throw new Error('somebody is missing');

  const docs = await server.addWorkspace('docs', 'recommended');
  const lab = { id: newId(), nxCloudId: newNxCloudId() };
  const row = { ...lab, ...closed, patOptIn: 0, organizationId: umbrellaId, name: 'lab', createdAt } as const;
  await otherProcess.insertInto('workspaces').values(row).execute();

  const workspaces = { shop: server.workspace, docs, lab };
  const ciTokens: RealToken[] = [];
  const personalTokens: RealToken[] = [];
  let owners: { secret: string; madeAt: number } | undefined;
  let bodies = 0;

  const nxCloudIdOf = ({ workspace }: CacheRequest) =>
    workspace === null ? 'ffffffffffffffffffffffff' : workspaces[workspace].nxCloudId;
  const address = (request: CacheRequest) => ({ ...request, nxCloudId: nxCloudIdOf(request) });
  const credentialOf = (credential: ModelCredential): Credential => {
    switch (credential.kind) {
      case 'ci-token':
        return { kind: credential.form, token: tokenAt(ciTokens, credential.token).secret };
      case 'person':
        return { kind: credential.form, token: tokenAt(personalTokens, credential.token).secret };
      case 'nobody':
        return { kind: credential.form };
      case 'invalid':
        return { kind: 'bearer', token: invalidToken(credential.form) };
    }
  };

  const answers = new Map<string, number>();
  const counted = (method: string, answer: CacheAnswer) => {
    const what = `${method} ${answer.status}`;
    answers.set(what, (answers.get(what) ?? 0) + 1);
    return answer;
  };

  const real: RealWorld = {
    server,
    otherProcess,
    rest,
    people: { ada, bob, carol, dave },
    organizationIds: { acme: server.organizationId, umbrella: umbrellaId },
    workspaces,
    ciTokens,
    personalTokens,
    answers,
    get: async (request) => counted('GET', await cache.get(address(request), credentialOf(request.credential))),
    put: async (request, body) =>
      counted('PUT', await cache.put(address(request), credentialOf(request.credential), body)),
    askForAccess: (request) => {
      const credential = credentialOf(request.credential);
      const token = 'token' in credential ? { token: credential.token } : {};
      return rest.request(paths.workspaceAccess(nxCloudIdOf(request)), token);
    },
    async ownersToken() {
      if (owners === undefined || server.now() - owners.madeAt > 30 * 24 * 60 * 60 * 1000) {
        owners = { secret: await server.addToken(ada, 'administration'), madeAt: server.now() };
      }
      return owners.secret;
    },
    newBody(size) {
      const beginning = createHash('sha256').update(`${bodies++}`).digest();
      return Buffer.alloc(size, beginning);
    },
    async close() {
      agent.destroy();
      await otherProcess.destroy();
      await server.close();
    },
  };

  const world: World = {
    now: server.now(),
    organizations: { acme: new Map([['ada', 'owner']]), umbrella: new Map([['ada', 'owner']]) },
    workspaces: {
      shop: { settings: presets.default, scopes: new Map() },
      docs: { settings: presets.recommended, scopes: new Map() },
      lab: { settings: closed, scopes: new Map() },
    },
    ciTokens: [],
    personalTokens: [],
  };
  return { world, real };
}

export function tokenAt(tokens: readonly RealToken[], index: number): RealToken {
  const token = tokens[index];
  if (token === undefined) throw new Error(`there is no token #${index}`);
  return token;
}

function invalidToken(form: InvalidForm): string {
  switch (form) {
    case 'no token at all':
      return 'opensesame';
    case 'damaged':
      return formatToken('ci', 'x'.repeat(30)).replace(/x/, 'y');
    case 'unknown CI token':
      return invented(newToken('ci'));
    case 'unknown personal token':
      return invented(newToken('personal'));
  }
}

function invented(token: string): string {
  recordToken(token);
  return token;
}
