import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Libsql from 'libsql';
import { openSqliteDatabase } from '../../server/src/database/sqlite.js';
import { newId, newNxCloudId } from '../../server/src/domain/secrets.js';
import { seedCiToken } from '../support/seed.js';

/** Makes a database with one workspace and so many CI access tokens. @returns the secrets of `samples` of them */
export async function fillWithTokens(
  dataFolder: string,
  { tokens, samples }: { tokens: number; samples: number },
): Promise<{ nxCloudId: string; secrets: string[] }> {
  const [organizationId, workspaceId, nxCloudId, createdAt] = [newId(), newId(), newNxCloudId(), Date.now()];
  const database = await openSqliteDatabase(dataFolder);
  await database.organizations.insert({ id: organizationId, slug: 'acme', name: 'Acme', createdAt });
  const access = { patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' } as const;
  await database.workspaces.insert({ id: workspaceId, organizationId, name: 'shop', nxCloudId, createdAt, ...access });
  await database.close();

  // Past kysely, with one prepared statement in one transaction: seconds instead of minutes for a million.
  const sqlite = new Libsql(join(dataFolder, 'nxkey.db'));
  sqlite.exec('begin');
  const insert = sqlite.prepare(
    `insert into ci_access_tokens (id, workspace_id, name, token_hash, level, legacy, created_at)
     values (?, ?, 'bench', ?, 'read-write', 0, ?)`,
  );
  const secrets: string[] = [];
  const everyNth = Math.floor(tokens / samples);
  for (let number = 0; number < tokens; number++) {
    const isSample = number % everyNth === 0 && secrets.length < samples;
    const seeded = isSample ? seedCiToken(workspaceId) : undefined;
    if (seeded !== undefined) secrets.push(seeded.secret);
    insert.run(newId(), workspaceId, seeded?.row.tokenHash ?? randomBytes(32).toString('hex'), createdAt);
  }
  sqlite.exec('commit');
  sqlite.close();
  return { nxCloudId, secrets };
}
