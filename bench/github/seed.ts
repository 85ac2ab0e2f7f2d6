import type { Repositories } from '../../server/src/domain/repositories.js';
import { newId } from '../../server/src/domain/secrets.js';
import type { DoubleUser } from '../../server/test/support/github/world.js';
import { seedPersonalToken } from '../support/seed.js';
import type { GithubProcess } from './github-process.js';

/** Connects an organization here to the one at that GitHub. */
export async function seedConnection(
  { github }: Repositories,
  organizationId: string,
  { url, population }: Pick<GithubProcess, 'url' | 'population'>,
  { confirmedAt }: { confirmedAt: number | null },
): Promise<void> {
  const { organization, installation } = population;
  await github.insertConnection({
    organizationId,
    issuer: url,
    githubOrganizationId: String(organization.id),
    login: organization.login,
    installationId: String(installation.id),
    installationState: 'active',
    adminRole: 'member',
    createdAt: Date.now(),
    confirmedAt,
    problem: null,
    problemAt: null,
    heldAt: null,
  });
}

/** An account here. @returns the user's id */
export async function seedUser({ users }: Repositories): Promise<string> {
  const id = newId();
  await users.insert({ id, email: `${id}@acme.example`, name: 'Grace', createdAt: Date.now() });
  return id;
}

/** An account here that is linked to one at GitHub. @returns the user's id */
export async function seedLinkedUser(
  repositories: Repositories,
  issuer: string,
  { id, login }: DoubleUser,
): Promise<string> {
  const userId = await seedUser(repositories);
  await repositories.identities.insert({
    ...{ issuer, subject: String(id), userId, label: login, createdAt: Date.now() },
    ...{ lastSignInAt: null, sealedRefreshToken: null, checkedAt: null, askedAt: null },
  });
  return userId;
}

/** @returns the secret of a new personal access token */
export async function seedTokenOf(userId: string, { personalAccessTokens }: Repositories): Promise<string> {
  const { secret, row } = seedPersonalToken(userId);
  await personalAccessTokens.insert(row);
  return secret;
}
