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
  /** The same, when there is reason to think that the App's installation or the organization's name has changed. */
  requestRefresh(organizationId: string): void;
  /** The same, for a connection that has just been made, with what GitHub said a moment ago. */
  begin(organizationId: string): void;
  run(organizationId: string): Promise<ReconciliationOutcome>;
  runDue(): Promise<void>;
}

export function createSyncSchedule(context: GithubContext, reconcileEveryMs: number): SyncSchedule {
  const { database, clock, gateway } = context;
  const dueAt = new Map<string, number>();
  const failures = new Map<string, number>();
  const running = new Set<string>();
  /** Of which it has been asked since the start what became of the installation. */
  const refreshed = new Set<string>();

  async function run(organizationId: string): Promise<ReconciliationOutcome> {
    if (running.has(organizationId)) {
      dueAt.set(organizationId, 0);
      return 'busy';
    }
    running.add(organizationId);
    const refresh = !refreshed.has(organizationId);
    refreshed.add(organizationId);
    // Whoever asks for one from now on gets another, since this one may have gone past what they mean.
    dueAt.set(organizationId, clock() + reconcileEveryMs);
    try {
      const { outcome, retryAfterMs } = await reconcile(organizationId, { refresh }, context);
      if (outcome === 'incomplete') postpone(organizationId, retryAfterMs ?? 0);
      else failures.delete(organizationId);
      return outcome;
    } catch (error) {
      postpone(organizationId, 0);
      throw error;
    } finally {
      running.delete(organizationId);
    }
  }

  function postpone(organizationId: string, retryAfterMs: number): void {
    refreshed.delete(organizationId);
    const count = failures.get(organizationId) ?? 0;
    failures.set(organizationId, count + 1);
    const delayMs = Math.min(minute * 2 ** count, reconcileEveryMs);
    dueAt.set(organizationId, clock() + Math.max(delayMs, retryAfterMs));
  }

  return {
    request(organizationId) {
      dueAt.set(organizationId, 0);
    },
    requestRefresh(organizationId) {
      refreshed.delete(organizationId);
      dueAt.set(organizationId, 0);
    },
    begin(organizationId) {
      refreshed.add(organizationId);
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
