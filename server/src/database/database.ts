import type { Kysely } from 'kysely';
import type { Database, Repositories } from '../domain/repositories.js';
import { createArtifactRepository, type WithoutSync } from './artifacts.js';
import { createAttemptRepository } from './attempts.js';
import { createAuditRepository } from './audit-events.js';
import { createCiAccessTokenRepository } from './ci-access-tokens.js';
import { createDeviceAuthorizationRepository } from './device-authorizations.js';
import { createGithubRepository } from './github.js';
import { createIdentityRepository } from './identities.js';
import { createInvitationRepository } from './invitations.js';
import { createOrganizationRepository } from './organizations.js';
import { createPersonalAccessTokenRepository } from './personal-access-tokens.js';
import type { Tables } from './schema.js';
import { createSessionRepository } from './sessions.js';
import { createSettingRepository } from './settings.js';
import { createUnclaimedWorkspaceRepository } from './unclaimed-workspaces.js';
import { createUserRepository } from './users.js';
import { createWorkspaceRepository } from './workspaces.js';

/** What each database does in a way of its own. */
export interface DatabaseParts {
  accessVersion: () => number;
  withoutSync: WithoutSync;
}

/** The repositories on any database that kysely speaks to. */
export function createDatabase(kysely: Kysely<Tables>, { accessVersion, withoutSync }: DatabaseParts): Database {
  return {
    ...createRepositories(kysely),
    artifacts: createArtifactRepository(kysely, withoutSync),
    transaction: (work) => kysely.transaction().execute((transaction) => work(createRepositories(transaction))),
    accessVersion,
    async ping() {
      // From a table: "select 1" alone never touches the file.
      await kysely.selectFrom('settings').select('name').limit(1).execute();
    },
    close: () => kysely.destroy(),
  };
}

function createRepositories(db: Kysely<Tables>): Repositories {
  return {
    users: createUserRepository(db),
    identities: createIdentityRepository(db),
    organizations: createOrganizationRepository(db),
    github: createGithubRepository(db),
    workspaces: createWorkspaceRepository(db),
    unclaimedWorkspaces: createUnclaimedWorkspaceRepository(db),
    ciAccessTokens: createCiAccessTokenRepository(db),
    personalAccessTokens: createPersonalAccessTokenRepository(db),
    deviceAuthorizations: createDeviceAuthorizationRepository(db),
    sessions: createSessionRepository(db),
    invitations: createInvitationRepository(db),
    attempts: createAttemptRepository(db),
    settings: createSettingRepository(db),
    artifacts: createArtifactRepository(db),
    auditEvents: createAuditRepository(db),
  };
}
