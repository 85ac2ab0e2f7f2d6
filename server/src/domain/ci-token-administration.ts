import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import { changeDetails, recordEvent, type Initiator } from './audit-log.js';
import type { CiAccessToken } from './model.js';
import { RefusedChange } from './refused-change.js';
import type { Repositories, WorkspaceWithOrganization } from './repositories.js';
import type { Services } from './services.js';
import { isoTime } from './times.js';

/** What is done to the CI access tokens of a workspace, each change together with its entry in the audit log. */

export interface NewCiToken {
  name: string;
  level: CiAccessLevel;
  expiresAt: number | null;
}

export interface IssuedCiToken {
  /** Not kept: shown once. */
  secret: string;
  token: CiAccessToken;
}

/** @throws {RefusedChange} when it would have expired already */
export async function issueCiToken(
  target: WorkspaceWithOrganization,
  request: NewCiToken,
  initiator: Initiator,
  { database, clock, ciAccessTokens }: Services,
): Promise<IssuedCiToken> {
  if (request.expiresAt !== null && request.expiresAt <= clock()) {
    throw new RefusedChange('invalid', 'The expiry has to be in the future.', { field: 'expiresAt' });
  }
  return await database.transaction(async (repositories) => {
    const issued = await ciAccessTokens.create({ workspaceId: target.workspace.id, ...request }, repositories);
    const { id, name, level, expiresAt } = issued.token;
    await recordEvent(repositories, clock, initiator, {
      ...of(target, name),
      action: 'ci-token.created',
      details: { id, accessLevel: level, expiresAt: isoTime(expiresAt) },
    });
    return issued;
  });
}

/** @throws {RefusedChange} when it has not the form of one that nx.json has, or is here already */
export async function importCiToken(
  target: WorkspaceWithOrganization,
  { name, secret }: { name: string; secret: string },
  initiator: Initiator,
  { database, clock, ciAccessTokens }: Services,
): Promise<CiAccessToken> {
  return await database.transaction(async (repositories) => {
    const request = { workspaceId: target.workspace.id, name, secret };
    const result = await ciAccessTokens.importLegacy(request, repositories);
    switch (result.kind) {
      case 'not-legacy':
        throw new RefusedChange(
          'invalid',
          'That is no token in the form of nx.json: base64 of <uuid>|read-write or <uuid>|read-only.',
          {
            field: 'token',
            remedy:
              'Copy the value of nxCloudAccessToken (or accessToken) whole. New tokens: nxkey-server ci-token create',
          },
        );
      case 'known':
        throw new RefusedChange('conflict', 'This token has been imported before.', {
          remedy: 'Nothing was changed. It works already: npx nxkey convert-to-nx-cloud-id',
        });
      case 'imported': {
        const { id, level } = result.token;
        const details = { id, accessLevel: level };
        await recordEvent(repositories, clock, initiator, {
          ...of(target, name),
          action: 'ci-token.imported',
          details,
        });
        return result.token;
      }
    }
  });
}

/** How long the old secret of a rotated token may go on working. */
export const maxGraceMs = 30 * 24 * 60 * 60 * 1000;

/**
 * A new token with the name, the level and, where it had one, the length of life of an old one. The old one ends after
 * the grace, and never later than it would have.
 *
 * @returns `previous`: the old token as it is now; `null` when it has ended already. `replaced`: as it was before
 * @throws {RefusedChange} when the workspace has no such token, or that has been rotated before
 */
export async function rotateCiToken(
  target: WorkspaceWithOrganization,
  id: string,
  graceMs: number,
  initiator: Initiator,
  { database, clock, ciAccessTokens }: Services,
): Promise<IssuedCiToken & { previous: CiAccessToken | null; replaced: CiAccessToken }> {
  return await database.transaction(async (repositories) => {
    const old = await requireCiToken(target, id, repositories);
    const now = clock();
    const { name, level } = old;
    const expiresAt = old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt);
    const request = { workspaceId: target.workspace.id, name, level, expiresAt };
    const issued = await ciAccessTokens.create(request, repositories);
    if (!(await repositories.ciAccessTokens.replace(id, { at: now, expiresAt: now + graceMs }))) {
      throw new RefusedChange('conflict', `The CI access token ${name} has been replaced already.`, {
        remedy: 'Nothing was changed. Rotate the one that replaced it, or make a new one: nxkey-server ci-token create',
      });
    }
    const previous = { ...old, expiresAt: Math.min(old.expiresAt ?? Infinity, now + graceMs) };
    await recordEvent(repositories, clock, initiator, {
      ...of(target, name),
      action: 'ci-token.rotated',
      details: {
        id: issued.token.id,
        accessLevel: level,
        expiresAt: isoTime(expiresAt),
        previousId: id,
        previousExpiresAt: isoTime(previous.expiresAt),
      },
    });
    return { ...issued, previous: previous.expiresAt > now ? previous : null, replaced: old };
  });
}

/**
 * Ends the new token of a rotation, and lets the old one live as long as before: for one that nobody has seen.
 *
 * @throws {RefusedChange} when the new one is gone already
 */
export async function undoRotation(
  target: WorkspaceWithOrganization,
  { token, replaced }: { token: CiAccessToken; replaced: CiAccessToken },
  initiator: Initiator,
  { database, clock }: Services,
): Promise<void> {
  await database.transaction(async (repositories) => {
    await requireCiToken(target, token.id, repositories);
    await repositories.ciAccessTokens.remove(token.id);
    // One that was revoked meanwhile stays revoked.
    await repositories.ciAccessTokens.restore(replaced.id, replaced.expiresAt);
    await recordEvent(repositories, clock, initiator, {
      ...of(target, token.name),
      action: 'ci-token.revoked',
      details: { id: token.id, accessLevel: token.level, restoredId: replaced.id },
    });
  });
}

export interface CiTokenChange {
  name?: string | undefined;
  /** It ends after so many milliseconds, and never later than it would have. */
  graceMs?: number | undefined;
}

/** What is not given stays as it is. @throws {RefusedChange} when the workspace has no such token */
export async function changeCiToken(
  target: WorkspaceWithOrganization,
  id: string,
  { name, graceMs }: CiTokenChange,
  initiator: Initiator,
  { database, clock }: Services,
): Promise<CiAccessToken> {
  return await database.transaction(async (repositories) => {
    const { ciAccessTokens } = repositories;
    const before = await requireCiToken(target, id, repositories);
    if (name !== undefined) await ciAccessTokens.rename(id, name);
    if (graceMs !== undefined) await ciAccessTokens.end(id, clock() + graceMs);
    const after = await requireCiToken(target, id, repositories);
    const details = changeDetails(shownOf(before), shownOf(after));
    if (details !== null) {
      const event = { ...of(target, after.name), action: 'ci-token.changed' as const, details: { id, ...details } };
      await recordEvent(repositories, clock, initiator, event);
    }
    return after;
  });
}

function shownOf({ name, expiresAt }: CiAccessToken) {
  return { name, expiresAt: isoTime(expiresAt) };
}

/** The next request with it is refused. @throws {RefusedChange} when the workspace has no such token */
export async function revokeCiToken(
  target: WorkspaceWithOrganization,
  id: string,
  initiator: Initiator,
  { database, clock }: Services,
): Promise<void> {
  await database.transaction(async (repositories) => {
    const { name, level } = await requireCiToken(target, id, repositories);
    await repositories.ciAccessTokens.remove(id);
    const details = { id, accessLevel: level };
    await recordEvent(repositories, clock, initiator, { ...of(target, name), action: 'ci-token.revoked', details });
  });
}

/** For somebody who knows the token's id alone. @throws {RefusedChange} when there is none with it */
export async function workspaceOfCiToken(
  id: string,
  { ciAccessTokens }: Repositories,
): Promise<WorkspaceWithOrganization> {
  return (await ciAccessTokens.findById(id)) ?? noSuchToken('There is');
}

async function requireCiToken(
  { workspace }: WorkspaceWithOrganization,
  id: string,
  { ciAccessTokens }: Repositories,
): Promise<CiAccessToken> {
  const found = await ciAccessTokens.findById(id);
  return found?.workspace.id === workspace.id ? found.token : noSuchToken(`${workspace.name} has`);
}

function noSuchToken(whereThereIs: string): never {
  throw new RefusedChange('not-found', `${whereThereIs} no CI access token with that id.`, {
    remedy: 'It may have been revoked already. To see the ids: nxkey-server ci-token list --help',
  });
}

function of({ workspace, organization }: WorkspaceWithOrganization, target: string) {
  return { organizationId: organization.id, workspaceId: workspace.id, target };
}
