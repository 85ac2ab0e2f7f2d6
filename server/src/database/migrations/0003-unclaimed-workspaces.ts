import type { ColumnDefinitionBuilder, Kysely } from 'kysely';

const required = (column: ColumnDefinitionBuilder) => column.notNull();

/** Workspaces that `nx connect` has made and nobody owns yet: a table of their own, so that no query mistakes one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('unclaimed_workspaces')
    .addColumn('nx_cloud_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', required)
    .addColumn('claim_code_hash', 'text', (column) => column.unique())
    .addColumn('ip_address', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await db.schema.createIndex('unclaimed_workspaces_by_age').on('unclaimed_workspaces').column('created_at').execute();
}
