import { createHash } from 'node:crypto';
import fc, { type AsyncCommand } from 'fast-check';
import { expect } from 'vitest';
import type { CacheAnswer } from '../cache-client.js';
import type { RealWorld } from './real-world.js';
import {
  decisionFor,
  expectedRead,
  expectedWrite,
  invalidForms,
  noteUse,
  personalTokenState,
  store,
  workspaceNames,
  type CacheRequest,
  type ExpectedAnswer,
  type ModelCredential,
  type World,
} from './world.js';

export type Command = AsyncCommand<World, RealWorld>;

/** Few, so that writers meet. */
export const hashes = ['1001', '1002', '1003'];

/** With names that are mean to whoever builds a path or a scope's name from them. */
const branches = [undefined, undefined, 'main', 'trusted', '../trusted', 'feature/a'];

export function anyRequest(): fc.Arbitrary<CacheRequest> {
  return fc.record({
    workspace: fc.oneof(
      // Mostly one of them, and mostly the tokens that were made first: so that what they do meets.
      { weight: 9, arbitrary: fc.constant('shop' as const) },
      { weight: 6, arbitrary: fc.constantFrom(...workspaceNames) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    credential: anyCredential(),
    hash: fc.constantFrom(...hashes),
    branch: fc.constantFrom(...branches),
  });
}

function anyCredential(): fc.Arbitrary<ModelCredential> {
  const token = fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 7 }));
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('ci-token' as const),
        form: fc.constantFrom('bearer' as const, 'bearer' as const, 'raw' as const),
        token,
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('person' as const),
        form: fc.constantFrom('bearer' as const, 'personal-header' as const),
        token,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('nobody' as const),
        form: fc.constantFrom('none' as const, 'id-header' as const, 'empty-bearer' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('invalid' as const), form: fc.constantFrom(...invalidForms) }),
    },
  );
}

/** Whether the model has that token, and knows for certain if it is good. */
export function isCertain(world: World, { credential }: CacheRequest): boolean {
  if (credential.kind === 'ci-token') return credential.token < world.ciTokens.length;
  if (credential.kind !== 'person') return true;
  const token = world.personalTokens[credential.token];
  return token !== undefined && personalTokenState(world, token) !== 'not known';
}

export function read(request: CacheRequest): Command {
  return {
    check: (world) => isCertain(world, request),
    async run(world, real) {
      const answer = await real.get(request);
      expect(describeAnswer(answer), describe('GET', request)).toEqual(describeExpected(expectedRead(world, request)));
      expectForm(answer);
      noteUse(world, request.credential);
    },
    toString: () => describe('GET', request),
  };
}

export function write(request: CacheRequest, size: number): Command {
  return {
    check: (world) => isCertain(world, request),
    async run(world, real) {
      const body = real.newBody(size);
      const expected = expectedWrite(world, request);
      const answer = await real.put(request, body);
      expect(answer.status, describe('PUT', request)).toBe(expected.status);
      expectForm(answer);
      if (expected.scope !== undefined) store(world, request, expected.scope, body);
      noteUse(world, request.credential);
    },
    toString: () => `${describe('PUT', request)} ${size} bytes`,
  };
}

/** `GET /api/v1/workspaces/{nxCloudId}/access`, which tells people level and reason, says what the cache does. */
export function askForAccess(request: CacheRequest): Command {
  const { credential, workspace } = request;
  return {
    check: (world) =>
      workspace !== null && (credential.kind === 'person' || credential.kind === 'nobody') && isCertain(world, request),
    async run(world, real) {
      if (workspace === null) return;
      const decision = decisionFor(world, credential, workspace);
      const expected =
        decision.level === 'none' && decision.unauthenticated
          ? { status: 401 }
          : { status: 200, body: { level: decision.level, because: decision.because } };
      expect(await real.askForAccess(request), describe('access', request)).toMatchObject(expected);
      noteUse(world, credential);
    },
    toString: () => describe('access of', request),
  };
}

/** As it is compared: bodies by their digest, since nobody reads a difference in 100 KiB. */
export function describeAnswer({ status, body }: CacheAnswer): string {
  return status === 200 ? `200 ${bodyName(body)}` : String(status);
}

export function describeExpected({ status, body }: ExpectedAnswer): string {
  return body === undefined ? String(status) : `${status} ${bodyName(body)}`;
}

function bodyName(body: Buffer): string {
  return `${body.length} bytes, SHA-256 ${createHash('sha256').update(body).digest('hex')}`;
}

/** Nx takes a refusal for one only when it is exactly that type (nx-protocol.md §4). */
function expectForm({ status, type }: CacheAnswer): void {
  if (status === 401 || status === 403) expect(type).toBe('text/plain');
}

export function describe(what: string, { workspace, credential, hash, branch }: CacheRequest): string {
  const who = `${credential.kind} (${credential.form})${'token' in credential ? ` #${credential.token}` : ''}`;
  return `${what} ${workspace ?? 'nowhere'}${branch === undefined ? '' : ` on ${branch}`} ${hash} as ${who}`;
}
