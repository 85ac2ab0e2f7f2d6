import type { ColumnDefinitionBuilder, Kysely } from 'kysely';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const key = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull();

/** Artifacts of the remote cache, the audit log, and when a CI access token was used last and replaced. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('ci_access_tokens').addColumn('last_used_at', 'bigint').execute();
  await db.schema.alterTable('ci_access_tokens').addColumn('replaced_at', 'bigint').execute();

  await db.schema
    .createTable('artifacts')
    .addColumn('workspace_id', 'text', (column) => column.references('workspaces.id').onDelete('cascade').notNull())
    .addColumn('scope', 'text', required)
    .addColumn('hash', 'text', required)
    .addColumn('blob_id', 'text', (column) => column.notNull().unique())
    .addColumn('size', 'bigint', required)
    .addColumn('writer_kind', 'text', required)
    .addColumn('writer_id', 'text')
    .addColumn('created_at', 'bigint', required)
    .addColumn('last_read_at', 'bigint', required)
    // What makes the first complete write stay: publishing an artifact is inserting this row.
    .addPrimaryKeyConstraint('artifacts_key', ['workspace_id', 'scope', 'hash'])
    .execute();
  await db.schema.createIndex('artifacts_by_last_read').on('artifacts').columns(['last_read_at', 'size']).execute();
  await db.schema.createIndex('artifacts_by_age').on('artifacts').column('created_at').execute();
  await db.schema
    .createIndex('artifacts_of_writer')
    .on('artifacts')
    .columns(['workspace_id', 'writer_kind', 'writer_id'])
    .execute();

  // No references: what is told about stays told when it is gone.
  await db.schema
    .createTable('audit_events')
    .addColumn('id', 'text', key)
    .addColumn('at', 'bigint', required)
    .addColumn('action', 'text', required)
    .addColumn('actor_kind', 'text', required)
    .addColumn('actor_id', 'text')
    .addColumn('actor_name', 'text')
    .addColumn('organization_id', 'text')
    .addColumn('workspace_id', 'text')
    .addColumn('target', 'text')
    .addColumn('details', 'text', required)
    .addColumn('ip_address', 'text')
    .addColumn('request_id', 'text')
    .addColumn('count', 'integer', required)
    .execute();
  await db.schema.createIndex('audit_events_by_time').on('audit_events').columns(['at', 'id']).execute();
  await db.schema
    .createIndex('audit_events_of_organization')
    .on('audit_events')
    .columns(['organization_id', 'at', 'id'])
    .execute();
  await db.schema.createIndex('audit_events_of_actor').on('audit_events').columns(['actor_id', 'at', 'id']).execute();
}
