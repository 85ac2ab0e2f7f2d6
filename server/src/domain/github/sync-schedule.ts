import type { ReconciliationOutcome } from './connections.js';
import { inParallel } from './in-parallel.js';
import type { GithubContext } from './observations.js';
import { reconcile } from './reconciliation.js';

const minute = 60_000;
/** Organizations that are reconciled at a time. */
const atOnce = 4;

/** When which connection is reconciled: every so often, when somebody asks for it, and after a failure soon. */
export interface SyncSchedule {
  request(organizationId: string): void;
  run(organizationId: string): Promise<ReconciliationOutcome>;
  runDue(): Promise<void>;
}

export function createSyncSchedule(context: GithubContext, reconcileEveryMs: number): SyncSchedule {
  const { database, clock, gateway } = context;
  const dueAt = new Map<string, number>();
  const failures = new Map<string, number>();
  const running = new Set<string>();

  async function run(organizationId: string): Promise<ReconciliationOutcome> {
    if (running.has(organizationId)) {
      dueAt.set(organizationId, 0);
      return 'busy';
    }
    running.add(organizationId);
    // Whoever asks for one from now on gets another, since this one may have gone past what they mean.
    dueAt.set(organizationId, clock() + reconcileEveryMs);
    try {
      const { outcome, retryAfterMs } = await reconcile(organizationId, context);
      if (outcome !== 'incomplete') failures.delete(organizationId);
      else postpone(organizationId, retryAfterMs ?? 0);
      return outcome;
    } catch (error) {
      postpone(organizationId, 0);
      throw error;
    } finally {
      running.delete(organizationId);
    }
  }

  function postpone(organizationId: string, retryAfterMs: number): void {
    const count = failures.get(organizationId) ?? 0;
    failures.set(organizationId, count + 1);
    const delayMs = Math.min(minute * 2 ** count, reconcileEveryMs);
    dueAt.set(organizationId, clock() + Math.max(delayMs, retryAfterMs));
  }

  return {
    request(organizationId) {
      dueAt.set(organizationId, 0);
    },
    run,
    async runDue() {
      const now = clock();
      const connections = await database.github.connections();
      const due = connections.filter(({ issuer, organizationId, confirmedAt }) => {
        const at = dueAt.get(organizationId) ?? (confirmedAt ?? 0) + reconcileEveryMs;
        return issuer === gateway.issuer && at <= now;
      });
      await inParallel(due, atOnce, async ({ organizationId }) => {
        await run(organizationId);
      });
    },
  };
}
