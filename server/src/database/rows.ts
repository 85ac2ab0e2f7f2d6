import type { InsertResult, UpdateResult, DeleteResult } from 'kysely';

/** Whether a conditional write was the one that changed the row. */
export function changed(result: InsertResult | UpdateResult | DeleteResult): boolean {
  if ('numUpdatedRows' in result) return result.numUpdatedRows > 0n;
  if ('numDeletedRows' in result) return result.numDeletedRows > 0n;
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
