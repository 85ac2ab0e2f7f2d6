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
    async all() {
      const organizations = await db.selectFrom('organizations').selectAll().orderBy('slug').execute();
      const workspaces = await db.selectFrom('workspaces').selectAll().orderBy('name').orderBy('id').execute();
      return organizations.flatMap((organization) =>
        workspaces
          .filter((row) => row.organizationId === organization.id)
          .map((row) => ({ workspace: fromRow(row), organization })),
      );
    },
    async ofOrganization(organizationId) {
      const query = db.selectFrom('workspaces').selectAll().where('organizationId', '=', organizationId);
      return (await query.orderBy('name').orderBy('id').execute()).map(fromRow);
    },
    async setAccess(id, { patOptIn, anonymousLevel, patLevel }) {
      await db
        .updateTable('workspaces')
        .set({ patOptIn: patOptIn ? 1 : 0, anonymousLevel, patLevel })
        .where('id', '=', id)
        .execute();
    },
    async rename(id, name) {
      await db.updateTable('workspaces').set({ name }).where('id', '=', id).execute();
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
  return { workspace: fromRow(row), organization };
}

function fromRow(row: Selectable<Tables['workspaces']>): Workspace {
  return { ...row, patOptIn: row.patOptIn === 1 };
}
