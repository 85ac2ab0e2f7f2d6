import type { Access, RefusalReason } from './access-check.js';
import type { AuditRepository } from './audit.js';
import type { AuditEvent, Clock } from './model.js';
import { newSortableId } from './secrets.js';

export interface Refusal {
  access: Access;
  reason: RefusalReason;
  operation: 'read' | 'write';
  ipAddress: string;
  requestId: string;
}

/** Takes note of refused access in the audit log, without letting anybody fill the disk with it. */
export interface RefusedAccess {
  record(refusal: Refusal): void;
  /** Writes down how often it happened again, and waits for what is being written. Call it once an hour, and in the end. */
  flush(): Promise<void>;
}

export interface RefusedAccessOptions {
  auditEvents: AuditRepository;
  clock: Clock;
  /** When an event could not be written. It is tried again with the next flush. */
  onError: (error: unknown) => void;
  /** How many kinds are told apart between two flushes, about 1 KiB each; the rest is written down together. */
  maxKinds?: number;
}

interface Kind {
  refusal: Refusal;
  /** Not written down yet. */
  count: number;
}

/**
 * Refusals are of one kind when the same is refused to the same one in the same workspace for the same reason, from
 * wherever. The first of a kind is written down at once, those that follow once an hour as one event with their count:
 * with the preset `recommended` everybody who builds is refused all the time, since they may not write.
 */
export function createRefusedAccess({
  auditEvents,
  clock,
  onError,
  maxKinds = 10_000,
}: RefusedAccessOptions): RefusedAccess {
  const kinds = new Map<string, Kind>();
  const writing = new Set<Promise<void>>();

  function write(kind: Kind): void {
    const { count } = kind;
    kind.count = 0;
    const written = auditEvents.insert(eventOf(kind.refusal, count, clock())).catch((error: unknown) => {
      kind.count += count;
      onError(error);
    });
    writing.add(written);
    void written.then(() => writing.delete(written));
  }

  return {
    record(refusal) {
      const isFull = kinds.size >= maxKinds;
      const key = keyOf(refusal);
      const kind = kinds.get(key) ?? (isFull ? kinds.get(overflow) : undefined);
      if (kind !== undefined) {
        kind.count++;
        return;
      }
      const first: Kind = { refusal: isFull ? anybody(refusal) : refusal, count: 1 };
      kinds.set(isFull ? overflow : key, first);
      write(first);
    },

    async flush() {
      // What could not be written is counted again before the counts are looked at.
      await Promise.all(writing);
      for (const [key, kind] of kinds) {
        if (kind.count > 0) write(kind);
        else kinds.delete(key);
      }
      await Promise.all(writing);
    },
  };
}

const overflow = 'overflow';

function keyOf({ access, reason, operation }: Refusal): string {
  return `${access.workspace?.id ?? ''} ${access.actor.kind} ${access.actor.id ?? ''} ${reason} ${operation}`;
}

function anybody(refusal: Refusal): Refusal {
  const actor = { kind: 'anonymous', id: null, name: null } as const;
  return { ...refusal, access: { ...refusal.access, workspace: null, actor } };
}

function eventOf({ access, reason, operation, ipAddress, requestId }: Refusal, count: number, at: number): AuditEvent {
  return {
    id: newSortableId(),
    at,
    action: 'access.refused',
    actor: access.actor,
    organizationId: access.workspace?.organizationId ?? null,
    workspaceId: access.workspace?.id ?? null,
    target: null,
    details: { operation, reason },
    ipAddress,
    requestId,
    count,
  };
}
