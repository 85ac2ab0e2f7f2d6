import { openSqliteDatabase } from '../../server/src/database/sqlite.js';
import { newId } from '../../server/src/domain/secrets.js';
import { seedCiToken, seedPersonalToken } from '../support/seed.js';
import type { NxkeyServer } from '../support/nxkey-server.js';
import { untried, type TriedToken } from './readers.js';

/** How the right of a credential is ended. */
export const ways = ['delete CI token', 'delete own token', 'RFC 7009', 'remove member', 'second process'] as const;
export type Way = (typeof ways)[number];

export interface Credential extends TriedToken {
  readonly way: Way;
  /** What the way needs to know: the id of the token or of the member. */
  readonly id: string;
}

/** Puts as many credentials into the server's database, every way in turn, in one transaction. */
export async function createCredentials(server: NxkeyServer, count: number): Promise<Credential[]> {
  const database = await openSqliteDatabase(server.dataFolder);
  try {
    return await database.transaction(async ({ workspaces, users, organizations, ...tokens }) => {
      const found = await workspaces.findByNxCloudId(server.nxCloudId);
      const owner = await users.findByEmail(server.email);
      if (found === null || owner === null) throw new Error('the server was not set up');

      const ciToken = async () => {
        const { secret, row } = seedCiToken(found.workspace.id);
        await tokens.ciAccessTokens.insert(row);
        return { secret, id: row.id };
      };
      const personalToken = async (userId: string) => {
        const { secret, row } = seedPersonalToken(userId);
        await tokens.personalAccessTokens.insert(row);
        return { secret, id: row.id };
      };
      const member = async () => {
        const [id, createdAt] = [newId(), Date.now()];
        await users.insert({ id, email: `${id}@acme.example`, name: 'Grace', createdAt });
        const organizationId = found.organization.id;
        await organizations.addMember({ userId: id, organizationId, role: 'member', source: 'manual', createdAt });
        return { secret: (await personalToken(id)).secret, id };
      };
      const make: Record<Way, () => Promise<{ secret: string; id: string }>> = {
        'delete CI token': ciToken,
        'delete own token': () => personalToken(owner.id),
        'RFC 7009': () => personalToken(owner.id),
        'remove member': member,
        'second process': ciToken,
      };
      const credentials: Credential[] = [];
      for (let number = 0; number < count; number++) {
        const way = ways[number % ways.length] ?? 'delete CI token';
        const { secret, id } = await make[way]();
        credentials.push({ way, id, ...untried(secret) });
      }
      return credentials;
    });
  } finally {
    await database.close();
  }
}
