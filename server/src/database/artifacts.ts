import { sql, type Expression, type ExpressionBuilder, type Kysely, type Selectable, type SqlBool } from 'kysely';
import type { CachePurge, CacheStats, CacheUsage } from '../../../src/protocol/wire-types.js';
import { occupiedBytes, smallestOccupiedBytes, type ArtifactRepository } from '../domain/artifacts.js';
import type { Artifact } from '../domain/model.js';
import { isolatedPrefix } from '../domain/scope-name.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

const removedColumns = ['workspaceId', 'scope', 'hash', 'blobId', 'size'] as const;

/** Far below what SQLite (32,766) and PostgreSQL (65,535) take as parameters of one statement. */
const batchSize = 500;

/** Does its work in transactions that a power failure may take, as a whole: their commit does not wait for the disk. */
export type WithoutSync = <T>(work: (db: Kysely<Tables>) => Promise<T>) => Promise<T>;

/** @param withoutSync left out inside of a transaction, which decides for all that it does */
export function createArtifactRepository(
  db: Kysely<Tables>,
  withoutSync: WithoutSync = (work) => work(db),
): ArtifactRepository {
  const deleteBlobs = (blobIds: readonly string[]) =>
    db.deleteFrom('artifacts').where('blobId', 'in', blobIds).returning(removedColumns).execute();

  return {
    async publish(artifacts) {
      if (artifacts.length === 0) return [];
      // One statement is a transaction of its own, also where two of its rows have the same key: the first one stays.
      const inserted = await withoutSync((connection) =>
        connection
          .insertInto('artifacts')
          .values(artifacts.map(toRow))
          .onConflict((conflict) => conflict.columns(['workspaceId', 'scope', 'hash']).doNothing())
          .returning('blobId')
          .execute(),
      );
      const blobIds = new Set(inserted.map(({ blobId }) => blobId));
      return artifacts.map(({ blobId }) => blobIds.has(blobId));
    },
    async find({ workspaceId, hash }, scopes) {
      if (scopes.length === 0) return null;
      const rows = await db
        .selectFrom('artifacts')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .where('scope', 'in', scopes)
        .where('hash', '=', hash)
        .execute();
      const [first] = rows.sort((a, b) => scopes.indexOf(a.scope) - scopes.indexOf(b.scope));
      return first === undefined ? null : fromRow(first);
    },
    async recordReads(reads) {
      for (const batch of batches(reads, batchSize)) {
        // Without the cast PostgreSQL takes the times for text.
        const values = batch.map(({ blobId, at }) => sql`(${blobId}, cast(${at} as bigint))`);
        await sql`
          with reads (blob_id, at) as (values ${sql.join(values)})
          update artifacts set last_read_at = reads.at from reads
          where artifacts.blob_id = reads.blob_id and artifacts.last_read_at < reads.at`.execute(db);
      }
    },
    async removeLeastRecentlyRead(room, limit) {
      const oldest = await db
        .selectFrom('artifacts')
        .select(['blobId', 'size'])
        .orderBy('lastReadAt')
        .limit(Math.min(limit, batchSize))
        .execute();
      let freed = 0;
      const enough = oldest.filter(({ size }) => {
        const isNeeded = freed < room;
        freed += occupiedBytes(size);
        return isNeeded;
      });
      return enough.length === 0 ? [] : await deleteBlobs(enough.map(({ blobId }) => blobId));
    },
    async removeWrittenBefore(time, limit) {
      const query = db.selectFrom('artifacts').select('blobId').where('createdAt', '<', time).orderBy('createdAt');
      const rows = await query.limit(Math.min(limit, batchSize)).execute();
      return rows.length === 0 ? [] : await deleteBlobs(rows.map(({ blobId }) => blobId));
    },
    async removeBlob(blobId) {
      return changed(await db.deleteFrom('artifacts').where('blobId', '=', blobId).executeTakeFirst());
    },
    async purge(workspaceId, what, limit) {
      const rows = await db
        .selectFrom('artifacts')
        .select('blobId')
        .where('workspaceId', '=', workspaceId)
        .where((is) => matching(is, what))
        .limit(Math.min(limit, batchSize))
        .execute();
      return rows.length === 0 ? [] : await deleteBlobs(rows.map(({ blobId }) => blobId));
    },
    async occupiedBytes() {
      // Neither max() of two values nor greatest() is in both SQLite and PostgreSQL.
      const occupied = sql`case when size < ${smallestOccupiedBytes} then ${smallestOccupiedBytes} else size end`;
      const query = db.selectFrom('artifacts').select(sql<number | string | null>`sum(${occupied})`.as('bytes'));
      return Number((await query.executeTakeFirst())?.bytes ?? 0);
    },
    stats: (workspaceId) => stats(db, workspaceId),
    async known(blobIds) {
      const known = new Set<string>();
      for (const batch of batches(blobIds, batchSize)) {
        const rows = await db.selectFrom('artifacts').select('blobId').where('blobId', 'in', batch).execute();
        for (const { blobId } of rows) known.add(blobId);
      }
      return known;
    },
  };
}

function matching(is: ExpressionBuilder<Tables, 'artifacts'>, what: CachePurge): Expression<SqlBool> {
  if ('all' in what) return is.lit(true);
  if ('hash' in what) return is('hash', '=', what.hash);
  if ('scope' in what) return is('scope', 'like', `${isolatedPrefix}%`);
  const { kind, id } = what.writer;
  return is.and([is('writerKind', '=', kind), id === null ? is('writerId', 'is', null) : is('writerId', '=', id)]);
}

async function stats(db: Kysely<Tables>, workspaceId: string): Promise<CacheStats> {
  const rows = await db
    .selectFrom('artifacts')
    .where('workspaceId', '=', workspaceId)
    .groupBy(['writerKind', 'writerId', sql`isolated`])
    .select(({ fn }) => [
      'writerKind',
      'writerId',
      sql<number>`case when scope like ${`${isolatedPrefix}%`} then 1 else 0 end`.as('isolated'),
      // PostgreSQL answers with text where a sum may be too large for a number.
      fn.countAll<number | string>().as('artifacts'),
      fn.sum<number | string>('size').as('bytes'),
      fn.min<number | string>('createdAt').as('firstWrittenAt'),
      fn.max<number | string>('createdAt').as('lastWrittenAt'),
      fn.max<number | string>('lastReadAt').as('lastReadAt'),
    ])
    .execute();
  const groups = rows.map(({ writerKind, writerId, isolated, ...numbers }) => ({
    writer: { kind: writerKind, id: writerId, name: null },
    isIsolated: isolated === 1,
    artifacts: Number(numbers.artifacts),
    bytes: Number(numbers.bytes),
    firstWrittenAt: Number(numbers.firstWrittenAt),
    lastWrittenAt: Number(numbers.lastWrittenAt),
    lastReadAt: Number(numbers.lastReadAt),
  }));
  const writers = new Map<string, typeof groups>();
  for (const group of groups) {
    const key = `${group.writer.kind} ${group.writer.id ?? ''}`;
    writers.set(key, [...(writers.get(key) ?? []), group]);
  }
  return {
    ...sum(groups),
    scopes: {
      trusted: sum(groups.filter(({ isIsolated }) => !isIsolated)),
      isolated: sum(groups.filter(({ isIsolated }) => isIsolated)),
    },
    writers: [...writers.values()]
      .flatMap((ofOne) => {
        const [first] = ofOne;
        if (first === undefined) return [];
        const lastWrittenAt = Math.max(...ofOne.map((group) => group.lastWrittenAt));
        return [{ writer: first.writer, ...sum(ofOne), lastWrittenAt: new Date(lastWrittenAt).toISOString() }];
      })
      .sort((a, b) => b.bytes - a.bytes),
    oldestWrittenAt: isoTime(Math.min(...groups.map(({ firstWrittenAt }) => firstWrittenAt))),
    lastReadAt: isoTime(Math.max(...groups.map(({ lastReadAt }) => lastReadAt))),
  };
}

function sum(usages: readonly CacheUsage[]): CacheUsage {
  return {
    artifacts: usages.reduce((total, { artifacts }) => total + artifacts, 0),
    bytes: usages.reduce((total, { bytes }) => total + bytes, 0),
  };
}

/** The smallest or largest of no times at all is infinite. */
function isoTime(time: number): string | null {
  return Number.isFinite(time) ? new Date(time).toISOString() : null;
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

function toRow({ writer, ...artifact }: Artifact): Tables['artifacts'] {
  return { ...artifact, writerKind: writer.kind, writerId: writer.id };
}

function fromRow({ writerKind, writerId, ...artifact }: Selectable<Tables['artifacts']>): Artifact {
  return { ...artifact, writer: { kind: writerKind, id: writerId } };
}
