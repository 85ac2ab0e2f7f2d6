import type { AuditFilter } from './audit.js';
import type { AuditEvent } from './model.js';
import type { Repositories } from './repositories.js';

/** @returns at most `filter.limit` events, and where the next page begins; `null` on the last one */
export async function auditPage(
  filter: AuditFilter,
  { auditEvents }: Repositories,
): Promise<{ events: AuditEvent[]; next: string | null }> {
  const found = await auditEvents.find({ ...filter, limit: filter.limit + 1 });
  const events = found.slice(0, filter.limit);
  const last = events.at(-1);
  return { events, next: found.length > events.length && last !== undefined ? `${last.at}-${last.id}` : null };
}

/** `null` for anything that no page has given out. */
export function parseAuditCursor(text: string): { at: number; id: string } | null {
  const [, at, id] = /^(\d{1,15})-(.{1,100})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? null : { at: Number(at), id };
}
