import type { Kysely, Selectable } from 'kysely';
import type { Workspace } from '../domain/model.js';
import type { WorkspaceRepository, WorkspaceWithOrganization } from '../domain/repositories.js';
import type { Tables } from './schema.js';

export function createWorkspaceRepository(db: Kysely<Tables>): WorkspaceRepository {
  return {
    async insert(workspace) {
      await db
        .insertInto('workspaces')
        .values({ ...workspace, patOptIn: workspace.patOptIn ? 1 : 0 })
        .execute();
    },
    async findByNxCloudId(nxCloudId) {
      const query = db.selectFrom('workspaces').selectAll().where('nxCloudId', '=', nxCloudId);
      return await withOrganization(db, await query.executeTakeFirst());
    },
  };
}

export async function withOrganization(
  db: Kysely<Tables>,
  row: Selectable<Tables['workspaces']> | undefined,
): Promise<WorkspaceWithOrganization | null> {
  if (row === undefined) return null;
  const organization = await db
    .selectFrom('organizations')
    .selectAll()
    .where('id', '=', row.organizationId)
    .executeTakeFirst();
  if (organization === undefined) return null;
  const workspace: Workspace = { ...row, patOptIn: row.patOptIn === 1 };
  return { workspace, organization };
}
