import type { ColumnDefinitionBuilder, Kysely } from 'kysely';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const references = (target: string) => (column: ColumnDefinitionBuilder) =>
  column.references(target).onDelete('cascade').notNull();

/** Who people are at GitHub and at an OpenID Connect provider, and what GitHub says about organizations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('memberships').addColumn('suspended_at', 'bigint').execute();
  await db.schema.createIndex('memberships_of_organization').on('memberships').column('organization_id').execute();
  await db.schema.createIndex('device_authorizations_of_user').on('device_authorizations').column('user_id').execute();

  await db.schema
    .createTable('identities')
    .addColumn('issuer', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('user_id', 'text', references('users.id'))
    .addColumn('label', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('last_sign_in_at', 'bigint')
    .addColumn('sealed_refresh_token', 'text')
    .addColumn('checked_at', 'bigint')
    .addPrimaryKeyConstraint('identities_key', ['issuer', 'subject'])
    .execute();
  // With the issuer, or SQLite finds the identities of one user among all that the issuer has.
  await db.schema.createIndex('identities_of_user').on('identities').columns(['user_id', 'issuer']).execute();

  await db.schema
    .createTable('github_connections')
    .addColumn('organization_id', 'text', (column) => references('organizations.id')(column).primaryKey())
    .addColumn('issuer', 'text', required)
    .addColumn('github_organization_id', 'text', required)
    .addColumn('login', 'text', required)
    .addColumn('installation_id', 'text', required)
    .addColumn('installation_state', 'text', required)
    .addColumn('admin_role', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('confirmed_at', 'bigint')
    .addColumn('problem', 'text')
    .addColumn('problem_at', 'bigint')
    .addColumn('held_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('github_connections_by_github_organization')
    .on('github_connections')
    .column('github_organization_id')
    .execute();
  await db.schema
    .createTable('github_team_roles')
    .addColumn('organization_id', 'text', references('github_connections.organization_id'))
    .addColumn('team_id', 'text', required)
    .addColumn('slug', 'text', required)
    .addColumn('role', 'text', required)
    .addPrimaryKeyConstraint('github_team_roles_key', ['organization_id', 'team_id'])
    .execute();
  // Those that have left stay for a while: what was asked of GitHub before they left must not bring them back.
  await db.schema
    .createTable('github_members')
    .addColumn('organization_id', 'text', references('github_connections.organization_id'))
    .addColumn('github_user_id', 'text', required)
    .addColumn('login', 'text', required)
    .addColumn('is_admin', 'integer', required)
    .addColumn('is_present', 'integer', required)
    .addColumn('is_held', 'integer', required)
    .addColumn('observed_at', 'bigint', required)
    .addPrimaryKeyConstraint('github_members_key', ['organization_id', 'github_user_id'])
    .execute();
  await db.schema.createIndex('github_members_by_user').on('github_members').column('github_user_id').execute();
  await db.schema
    .createTable('github_team_members')
    .addColumn('organization_id', 'text', references('github_connections.organization_id'))
    .addColumn('team_id', 'text', required)
    .addColumn('github_user_id', 'text', required)
    .addColumn('is_present', 'integer', required)
    .addColumn('observed_at', 'bigint', required)
    .addPrimaryKeyConstraint('github_team_members_key', ['organization_id', 'team_id', 'github_user_id'])
    .execute();
  await db.schema
    .createIndex('github_team_members_by_user')
    .on('github_team_members')
    .columns(['organization_id', 'github_user_id'])
    .execute();
  await db.schema
    .createTable('github_pages')
    .addColumn('organization_id', 'text', references('github_connections.organization_id'))
    .addColumn('list', 'text', required)
    .addColumn('page', 'integer', required)
    .addColumn('etag', 'text', required)
    .addColumn('content', 'text', required)
    .addPrimaryKeyConstraint('github_pages_key', ['organization_id', 'list', 'page'])
    .execute();
  await db.schema
    .createTable('github_checks')
    .addColumn('organization_id', 'text', references('github_connections.organization_id'))
    .addColumn('github_user_id', 'text', required)
    .addColumn('login', 'text', required)
    .addColumn('cause', 'text', required)
    .addColumn('attempts', 'integer', required)
    .addColumn('queued_at', 'bigint', required)
    .addColumn('due_at', 'bigint', required)
    .addPrimaryKeyConstraint('github_checks_key', ['organization_id', 'github_user_id'])
    .execute();
  await db.schema.createIndex('github_checks_by_time').on('github_checks').column('due_at').execute();
  await db.schema
    .createTable('github_deliveries')
    .addColumn('delivery_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('received_at', 'bigint', required)
    .execute();
  await db.schema.createIndex('github_deliveries_by_time').on('github_deliveries').column('received_at').execute();
}
