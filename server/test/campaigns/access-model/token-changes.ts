import fc from 'fast-check';
import { expect } from 'vitest';
import { cliClientId } from '../../../../src/protocol/oauth.js';
import { paths } from '../../../../src/protocol/paths.js';
import type { CiAccessLevel } from '../../../../src/protocol/wire-types.js';
import { recordToken } from '../../../../test/support/ledger.js';
import { hashSecret, newId, newToken } from '../../../src/domain/secrets.js';
import { administer, ways, type Change, type Way } from './changes.js';
import { tokenAt, type RealToken, type RealWorld } from './real-world.js';
import {
  personalTokenState,
  personNames,
  tokenIdleMs,
  workspaceNames,
  type ModelCiToken,
  type PersonName,
  type World,
  type WorkspaceName,
} from './world.js';

const minute = 60_000;
const hour = 60 * minute;

const index = fc.nat({ max: 7 });
const way = fc.constantFrom(...ways);
/** The same lengths as the clock moves by, so that tokens are tried at the very moment at which they end. */
const lifetime = fc.constantFrom(null, null, minute, hour);

/** CI access tokens and personal ones. */
export function anyTokenChange(): fc.Arbitrary<Change> {
  const level = fc.constantFrom('read-only' as const, 'read-write' as const);
  const workspace = fc.constantFrom(...workspaceNames);
  const graceSeconds = fc.constantFrom(0, 60, 3600);
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(workspace, level, lifetime, way).map((parts) => createCiToken(...parts)) },
    { weight: 1, arbitrary: fc.tuple(index, way).map((parts) => revokeCiToken(...parts)) },
    { weight: 2, arbitrary: fc.tuple(index, graceSeconds).map((parts) => rotateCiToken(...parts)) },
    { weight: 1, arbitrary: fc.tuple(index, graceSeconds).map((parts) => endCiToken(...parts)) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constantFrom(...personNames), way).map((parts) => createPersonalToken(...parts)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(index, fc.constantFrom('as its owner', 'with itself', 'in another process'))
        .map((parts) => revokePersonalToken(...parts)),
    },
  );
}

export function createCiToken(
  workspace: WorkspaceName,
  level: CiAccessLevel,
  lifetime: number | null,
  way: Way,
): Change {
  const life = lifetime === null ? 'for ever' : `for ${lifetime / minute} minutes`;
  return {
    what: `a ${level} CI token of ${workspace} is made ${life} ${way}`,
    possible: () => true,
    async make(world, real) {
      const expiresAt = lifetime === null ? null : world.now + lifetime;
      real.ciTokens.push(
        way === 'over REST'
          ? await createOverRest(real, workspace, level, expiresAt)
          : await insertCiToken(world, real, workspace, level, expiresAt),
      );
      const token = { workspace, level, createdAt: world.now, expiresAt, replaced: false, revoked: false };
      return ({ ciTokens }) => void ciTokens.push(token);
    },
  };
}

async function createOverRest(
  real: RealWorld,
  workspace: WorkspaceName,
  accessLevel: CiAccessLevel,
  expiresAt: number | null,
): Promise<RealToken> {
  return createdCiToken(
    await administer(real, 'POST', paths.ciTokens(real.workspaces[workspace].nxCloudId), {
      name: `ci-${real.ciTokens.length}`,
      accessLevel,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    }),
  );
}

async function insertCiToken(
  world: World,
  real: RealWorld,
  workspace: WorkspaceName,
  level: CiAccessLevel,
  expiresAt: number | null,
): Promise<RealToken> {
  const token = { id: newId(), secret: newToken('ci') };
  recordToken(token.secret);
  await real.otherProcess
    .insertInto('ciAccessTokens')
    .values({
      id: token.id,
      workspaceId: real.workspaces[workspace].id,
      name: `ci-${real.ciTokens.length}`,
      tokenHash: hashSecret(token.secret),
      level,
      legacy: 0,
      createdAt: world.now,
      expiresAt,
      lastUsedAt: null,
    })
    .execute();
  return token;
}

function revokeCiToken(token: number, way: Way): Change {
  return {
    what: `CI token #${token} is revoked ${way}`,
    possible: ({ ciTokens }) => ciTokens[token]?.revoked === false,
    async make({ ciTokens }, real) {
      const { workspace } = modelToken(ciTokens, token);
      const { id } = tokenAt(real.ciTokens, token);
      if (way === 'over REST') {
        await administer(real, 'DELETE', paths.ciTokenById(real.workspaces[workspace].nxCloudId, id));
      } else await real.otherProcess.deleteFrom('ciAccessTokens').where('id', '=', id).execute();
      return (world) => void (modelToken(world.ciTokens, token).revoked = true);
    },
  };
}

/** The new token has the old one's level and length of life; the old one goes on for a while, and never for longer. */
function rotateCiToken(token: number, graceSeconds: number): Change {
  return {
    what: `CI token #${token} is rotated, the old one ends after ${graceSeconds} s`,
    possible: ({ ciTokens, now }) => {
      const found = ciTokens[token];
      if (found === undefined || found.revoked || found.replaced) return false;
      return found.expiresAt === null || found.expiresAt > now;
    },
    async make(world, real) {
      const old = modelToken(world.ciTokens, token);
      const { nxCloudId } = real.workspaces[old.workspace];
      const path = paths.ciTokenRotation(nxCloudId, tokenAt(real.ciTokens, token).id);
      real.ciTokens.push(createdCiToken(await administer(real, 'POST', path, { graceSeconds })));
      const { now } = world;
      const expiresAt = old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt);
      return ({ ciTokens }) => {
        ciTokens.push({ ...old, createdAt: now, expiresAt });
        old.expiresAt = Math.min(old.expiresAt ?? Infinity, now + graceSeconds * 1000);
        old.replaced = true;
      };
    },
  };
}

/** It goes on for a while, and never for longer than it would have. */
function endCiToken(token: number, graceSeconds: number): Change {
  return {
    what: `CI token #${token} gets its end after ${graceSeconds} s`,
    possible: ({ ciTokens }) => ciTokens[token]?.revoked === false,
    async make({ ciTokens, now }, real) {
      const { nxCloudId } = real.workspaces[modelToken(ciTokens, token).workspace];
      const path = paths.ciTokenById(nxCloudId, tokenAt(real.ciTokens, token).id);
      await administer(real, 'PATCH', path, { graceSeconds });
      return (world) => {
        const ended = modelToken(world.ciTokens, token);
        ended.expiresAt = Math.min(ended.expiresAt ?? Infinity, now + graceSeconds * 1000);
      };
    },
  };
}

export function createPersonalToken(person: PersonName, way: Way): Change {
  return {
    what: `${person} gets a personal token ${way === 'over REST' ? 'from the server' : way}`,
    possible: () => true,
    async make({ now }, real) {
      const user = real.people[person];
      const name = `laptop-${real.personalTokens.length}`;
      if (way === 'over REST') {
        const secret = await real.server.addToken(user, name);
        const made = (await real.server.services.personalAccessTokens.list(user.id)).find(
          (other) => other.name === name,
        );
        if (made === undefined) throw new Error(`${name} is not listed`);
        real.personalTokens.push({ id: made.id, secret });
      } else {
        const token = { id: newId(), secret: newToken('personal') };
        recordToken(token.secret);
        await real.otherProcess
          .insertInto('personalAccessTokens')
          .values({
            id: token.id,
            userId: user.id,
            name,
            tokenHash: hashSecret(token.secret),
            createdAt: now,
            lastUsedAt: null,
            expiresAt: now + tokenIdleMs,
            originClient: 'test',
            originHostName: null,
            originIpAddress: null,
          })
          .execute();
        real.personalTokens.push(token);
      }
      const token = { person, createdAt: now, usedAt: now, revoked: false };
      return ({ personalTokens }) => void personalTokens.push(token);
    },
  };
}

type Revocation = 'as its owner' | 'with itself' | 'in another process';

function revokePersonalToken(token: number, how: Revocation): Change {
  return {
    what: `personal token #${token} is revoked ${how}`,
    possible: (world) => {
      const found = world.personalTokens[token];
      return found !== undefined && personalTokenState(world, found) === 'valid';
    },
    async make(_world, real) {
      const { id, secret } = tokenAt(real.personalTokens, token);
      if (how === 'as its owner') await administer(real, 'DELETE', paths.myToken(id), undefined, secret);
      else if (how === 'in another process') {
        await real.otherProcess.deleteFrom('personalAccessTokens').where('id', '=', id).execute();
      } else
        expect(await real.rest.form(paths.revocation, { token: secret, client_id: cliClientId })).toMatchObject({
          status: 200,
        });
      return ({ personalTokens }) => {
        const revoked = personalTokens[token];
        if (revoked !== undefined) revoked.revoked = true;
      };
    },
  };
}

function modelToken(tokens: readonly ModelCiToken[], index: number): ModelCiToken {
  const token = tokens[index];
  if (token === undefined) throw new Error(`there is no CI token #${index}`);
  return token;
}

/** The body of an answer that hands out a new CI access token. */
function createdCiToken(body: unknown): RealToken {
  expect(body).toMatchObject({ token: expect.any(String) as unknown, info: { id: expect.any(String) as unknown } });
  const { token, info } = body as { token: string; info: { id: string } };
  recordToken(token);
  return { id: info.id, secret: token };
}
