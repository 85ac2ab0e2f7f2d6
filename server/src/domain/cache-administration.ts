import type { CachePurge, CachePurged, CacheStats } from '../../../src/protocol/wire-types.js';
import type { ArtifactCache } from './artifacts.js';
import { recordEvent, type Initiator } from './audit-log.js';
import type { Workspace } from './model.js';
import type { Repositories, WorkspaceWithOrganization } from './repositories.js';
import type { Services } from './services.js';

/** With the names of those writers that are known still: a revoked token's is not. */
export async function withWriterNames(
  stats: CacheStats,
  workspace: Workspace,
  { ciAccessTokens, users }: Repositories,
): Promise<CacheStats> {
  const ids = stats.writers.map(({ writer }) => writer.id).filter((id) => id !== null);
  const tokens = await ciAccessTokens.ofWorkspace(workspace.id);
  const people = await users.findByIds(ids);
  const names = new Map([
    ...tokens.map(({ id, name }) => [id, name] as const),
    ...people.map(({ id, email }) => [id, email] as const),
  ]);
  const named = stats.writers.map(({ writer, ...usage }) => ({
    ...usage,
    writer: { ...writer, name: writer.id === null ? null : (names.get(writer.id) ?? null) },
  }));
  return { ...stats, writers: named };
}

/**
 * Written down after it was done, since not before is it known how much that was; and where it failed half way, too,
 * since some is gone then.
 */
export async function purgeCache(
  { workspace, organization }: WorkspaceWithOrganization,
  purge: CachePurge,
  initiator: Initiator,
  { database, clock, artifacts }: Services & { artifacts: ArtifactCache },
): Promise<CachePurged> {
  const record = (outcome: CachePurged | { failed: true }) =>
    recordEvent(database, clock, initiator, {
      action: 'cache.purged',
      organizationId: organization.id,
      workspaceId: workspace.id,
      target: workspace.name,
      details: { ...selection(purge), ...outcome },
    });
  let purged: CachePurged;
  try {
    purged = await artifacts.purge(workspace.id, purge);
  } catch (error) {
    // What went wrong first is what matters, should the log be out of reach for the same reason.
    await record({ failed: true }).catch(() => undefined);
    throw error;
  }
  await record(purged);
  return purged;
}

function selection(purge: CachePurge): Record<string, string | boolean | null> {
  return 'writer' in purge ? { writerKind: purge.writer.kind, writerId: purge.writer.id } : { ...purge };
}
