import type { ColumnDefinitionBuilder, Kysely } from 'kysely';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const key = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull();
const unique = (column: ColumnDefinitionBuilder) => column.notNull().unique();
const references = (target: string) => (column: ColumnDefinitionBuilder) =>
  column.references(target).onDelete('cascade').notNull();

/** Everything of access-model.md that stands so far. Times are milliseconds, too large for a 32-bit `integer`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', key)
    .addColumn('email', 'text', unique)
    .addColumn('name', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('password_credentials')
    .addColumn('user_id', 'text', (column) => references('users.id')(column).primaryKey())
    .addColumn('password_hash', 'text', required)
    .addColumn('updated_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('organizations')
    .addColumn('id', 'text', key)
    .addColumn('slug', 'text', unique)
    .addColumn('name', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('memberships')
    .addColumn('user_id', 'text', references('users.id'))
    .addColumn('organization_id', 'text', references('organizations.id'))
    .addColumn('role', 'text', required)
    .addColumn('source', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addPrimaryKeyConstraint('memberships_key', ['user_id', 'organization_id'])
    .execute();
  await db.schema
    .createTable('workspaces')
    .addColumn('id', 'text', key)
    .addColumn('organization_id', 'text', references('organizations.id'))
    .addColumn('name', 'text', required)
    .addColumn('nx_cloud_id', 'text', unique)
    .addColumn('pat_opt_in', 'integer', required)
    .addColumn('anonymous_level', 'text', required)
    .addColumn('pat_level', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('ci_access_tokens')
    .addColumn('id', 'text', key)
    .addColumn('workspace_id', 'text', references('workspaces.id'))
    .addColumn('name', 'text', required)
    .addColumn('token_hash', 'text', unique)
    .addColumn('level', 'text', required)
    .addColumn('legacy', 'integer', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint')
    .execute();
  await db.schema
    .createTable('personal_access_tokens')
    .addColumn('id', 'text', key)
    .addColumn('user_id', 'text', references('users.id'))
    .addColumn('name', 'text', required)
    .addColumn('token_hash', 'text', unique)
    .addColumn('created_at', 'bigint', required)
    .addColumn('last_used_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addColumn('origin_client', 'text', required)
    .addColumn('origin_host_name', 'text')
    .addColumn('origin_ip_address', 'text')
    .execute();
  await db.schema
    .createTable('device_authorizations')
    .addColumn('id', 'text', key)
    .addColumn('device_code_hash', 'text', unique)
    .addColumn('user_code', 'text', unique)
    .addColumn('client_id', 'text', required)
    .addColumn('token_name', 'text')
    .addColumn('host_name', 'text')
    .addColumn('ip_address', 'text')
    .addColumn('status', 'text', required)
    .addColumn('user_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('interval_seconds', 'integer', required)
    .addColumn('last_polled_at', 'bigint')
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('session_hash', 'text', key)
    .addColumn('user_id', 'text', references('users.id'))
    .addColumn('created_at', 'bigint', required)
    .addColumn('last_seen_at', 'bigint', required)
    .execute();
  await db.schema
    .createTable('invitations')
    .addColumn('invitation_hash', 'text', key)
    .addColumn('user_id', 'text', references('users.id'))
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('used_at', 'bigint')
    .execute();
  await db.schema
    .createTable('attempts')
    .addColumn('id', 'text', key)
    .addColumn('kind', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('at', 'bigint', required)
    .execute();
  await db.schema.createTable('settings').addColumn('name', 'text', key).addColumn('value', 'text', required).execute();

  await db.schema.createIndex('workspaces_of_organization').on('workspaces').column('organization_id').execute();
  await db.schema.createIndex('ci_access_tokens_of_workspace').on('ci_access_tokens').column('workspace_id').execute();
  await db.schema
    .createIndex('personal_access_tokens_of_user')
    .on('personal_access_tokens')
    .column('user_id')
    .execute();
  await db.schema
    .createIndex('device_authorizations_expiry')
    .on('device_authorizations')
    .column('expires_at')
    .execute();
  await db.schema.createIndex('sessions_of_user').on('sessions').column('user_id').execute();
  await db.schema.createIndex('invitations_of_user').on('invitations').column('user_id').execute();
  await db.schema.createIndex('attempts_by_key').on('attempts').columns(['kind', 'subject', 'at']).execute();
}
