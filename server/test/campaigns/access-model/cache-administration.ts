import fc from 'fast-check';
import { expect } from 'vitest';
import { paths } from '../../../../src/protocol/paths.js';
import type { CachePurge } from '../../../../src/protocol/wire-types.js';
import { administer } from './changes.js';
import { tokenAt, type RealWorld } from './real-world.js';
import { hashes, type Command } from './requests.js';
import {
  personNames,
  trusted,
  workspaceNames,
  type ModelArtifact,
  type ModelWorkspace,
  type ModelWriter,
  type WorkspaceName,
} from './world.js';

type ModelPurge =
  { kind: 'all' } | { kind: 'hash'; hash: string } | { kind: 'isolated' } | { kind: 'writer'; writer: ModelWriter };

export function anyPurge(): fc.Arbitrary<Command> {
  const writer = fc.oneof(
    fc.nat({ max: 7 }).map((token): ModelWriter => ({ kind: 'ci-token', id: token })),
    fc.constantFrom(...personNames).map((person): ModelWriter => ({ kind: 'user', id: person })),
    fc.constant<ModelWriter>({ kind: 'anonymous', id: null }),
  );
  const what = fc.oneof(
    fc.constant<ModelPurge>({ kind: 'all' }),
    fc.constantFrom(...hashes).map((hash): ModelPurge => ({ kind: 'hash', hash })),
    fc.constant<ModelPurge>({ kind: 'isolated' }),
    writer.map((writer): ModelPurge => ({ kind: 'writer', writer })),
  );
  return fc.tuple(fc.constantFrom('shop' as const, ...workspaceNames), what).map((parts) => purge(...parts));
}

/** Takes out what it shall, and says how much that was. */
function purge(workspace: WorkspaceName, what: ModelPurge): Command {
  return {
    check: ({ ciTokens }) =>
      what.kind !== 'writer' || what.writer.kind !== 'ci-token' || what.writer.id < ciTokens.length,
    async run(world, real) {
      const purged = takeOut(world.workspaces[workspace], what);
      const path = paths.cachePurge(real.workspaces[workspace].nxCloudId);
      expect(await administer(real, 'POST', path, wireForm(what, real))).toEqual(usage(purged));
    },
    toString: () => `purge ${workspace}: ${JSON.stringify(what)}`,
  };
}

/** Compares what the server says is in the cache with what the model says. */
export function compareStats(workspace: WorkspaceName): Command {
  return {
    check: () => true,
    async run(world, real) {
      const { scopes } = world.workspaces[workspace];
      const inScopes = (isolated: boolean) =>
        [...scopes].flatMap(([scope, artifacts]) => ((scope !== trusted) === isolated ? [...artifacts.values()] : []));
      const [seenByAll, isolated] = [inScopes(false), inScopes(true)];
      const stats = await administer(real, 'GET', paths.cacheStats(real.workspaces[workspace].nxCloudId));
      expect(stats).toMatchObject({
        ...usage([...seenByAll, ...isolated]),
        scopes: { trusted: usage(seenByAll), isolated: usage(isolated) },
      });
    },
    toString: () => `what is in ${workspace}`,
  };
}

function takeOut({ scopes }: ModelWorkspace, what: ModelPurge): ModelArtifact[] {
  const purged: ModelArtifact[] = [];
  for (const [scope, artifacts] of scopes) {
    for (const [hash, artifact] of artifacts) {
      if (!isMeant(what, scope, hash, artifact)) continue;
      purged.push(artifact);
      artifacts.delete(hash);
    }
  }
  return purged;
}

function isMeant(what: ModelPurge, scope: string, hash: string, { writer }: ModelArtifact): boolean {
  switch (what.kind) {
    case 'all':
      return true;
    case 'hash':
      return what.hash === hash;
    case 'isolated':
      return scope !== trusted;
    case 'writer':
      return what.writer.kind === writer.kind && what.writer.id === writer.id;
  }
}

function wireForm(what: ModelPurge, real: RealWorld): CachePurge {
  switch (what.kind) {
    case 'all':
      return { all: true };
    case 'hash':
      return { hash: what.hash };
    case 'isolated':
      return { scope: 'isolated' };
    case 'writer':
      return { writer: { kind: what.writer.kind, id: idOf(what.writer, real) } };
  }
}

function idOf(writer: ModelWriter, real: RealWorld): string | null {
  if (writer.kind === 'ci-token') return tokenAt(real.ciTokens, writer.id).id;
  return writer.kind === 'user' ? real.people[writer.id].id : null;
}

function usage(artifacts: readonly ModelArtifact[]): { artifacts: number; bytes: number } {
  return { artifacts: artifacts.length, bytes: artifacts.reduce((sum, { body }) => sum + body.length, 0) };
}
