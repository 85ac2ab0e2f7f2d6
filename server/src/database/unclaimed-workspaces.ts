import type { Kysely } from 'kysely';
import type { UnclaimedWorkspaceRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createUnclaimedWorkspaceRepository(db: Kysely<Tables>): UnclaimedWorkspaceRepository {
  const all = db.selectFrom('unclaimedWorkspaces').selectAll();

  return {
    async insert(workspace) {
      await db.insertInto('unclaimedWorkspaces').values(workspace).execute();
    },
    async find(nxCloudId) {
      return (await all.where('nxCloudId', '=', nxCloudId).executeTakeFirst()) ?? null;
    },
    async findByClaimCode(claimCodeHash) {
      return (await all.where('claimCodeHash', '=', claimCodeHash).executeTakeFirst()) ?? null;
    },
    async setClaimCode(nxCloudId, claimCodeHash) {
      const update = db
        .updateTable('unclaimedWorkspaces')
        .set({ claimCodeHash })
        .where('nxCloudId', '=', nxCloudId)
        .where('claimCodeHash', 'is', null);
      return changed(await update.executeTakeFirst());
    },
    async count() {
      const { count } = await db
        .selectFrom('unclaimedWorkspaces')
        .select((select) => select.fn.countAll<number | string | bigint>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async remove(nxCloudId) {
      const removal = db.deleteFrom('unclaimedWorkspaces').where('nxCloudId', '=', nxCloudId);
      return changed(await removal.executeTakeFirst());
    },
    async removeOlder(before) {
      await db.deleteFrom('unclaimedWorkspaces').where('createdAt', '<=', before).execute();
    },
  };
}
