import type { Logger } from 'pino';
import type { AccessCheck } from './domain/access-check.js';
import { removeExpired } from './domain/clean-up.js';
import type { GithubConnections } from './domain/github/connections.js';
import { suspendStale } from './domain/github/staleness.js';
import { Stopped } from './domain/github/stop.js';
import { suspendOfFormerIssuers } from './domain/identities/former-issuers.js';
import type { LoginChecks } from './domain/identities/login-checks.js';
import type { IdentityProvider } from './domain/identities/provider.js';
import type { Clock } from './domain/model.js';
import type { RefusedAccess } from './domain/refused-access.js';
import type { Database } from './domain/repositories.js';
import { createOwnerWatch } from './domain/without-owner.js';

const noteUsesEveryMs = 60_000;
const noteRefusalsEveryMs = 60 * 60_000;
const cleanUpEveryMs = 10 * 60_000;
/** Whoever is not due is not asked about. */
const checkLoginsEveryMs = 60_000;
const suspendStaleEveryMs = 60_000;
const watchOwnersEveryMs = 60_000;
const githubEveryMs = 1000;
const day = 24 * 60 * 60_000;

export const defaultAuditDays = 400;

export interface BackgroundOptions {
  database: Database;
  accessCheck: AccessCheck;
  refusedAccess: RefusedAccess;
  loginChecks: LoginChecks;
  identityProviders: readonly IdentityProvider[];
  clock: Clock;
  logger: Logger;
  /** How long events stay in the audit log. */
  auditDays: number;
  github: GithubConnections | null;
  /** How long memberships from GitHub hold without being confirmed; also when the server is set up for no GitHub. */
  staleAfterMs: number;
}

export interface Background {
  /** Writes down what is only in memory yet. */
  close(): Promise<void>;
}

/** What goes on beside the requests. A failure is logged, and the work is tried again when it is due the next time. */
export function startBackground(options: BackgroundOptions): Background {
  const { database, accessCheck, refusedAccess, loginChecks, clock, logger, auditDays, github, staleAfterMs } = options;
  const providers = options.identityProviders;

  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Stopped) return;
      logger.error({ err: error }, `${what} failed`);
    }
  }

  const noteRefusals = () => attempt('writing refused access to the audit log', () => refusedAccess.flush());
  const checkLogins = () => attempt('asking identity providers about logins', () => loginChecks.run());
  const noteUses = () => attempt('writing down when tokens were used', () => accessCheck.flush());

  async function cleanUp(): Promise<void> {
    // A token that was used a moment ago must not pass for one that nobody has used in a long time.
    await noteUses();
    await attempt('removing what has expired', () => removeExpired(database, clock()));
    await attempt('removing old audit events', () => database.auditEvents.removeOlder(clock() - auditDays * day));
  }

  const suspend = oneAtATime(() =>
    attempt('suspending what GitHub has not confirmed', () => suspendStale({ database, clock, staleAfterMs })),
  );
  const suspendFormer = oneAtATime(() =>
    attempt('suspending what a former identity provider gave', () =>
      suspendOfFormerIssuers({ database, clock, providers }),
    ),
  );
  const owners = createOwnerWatch(database, (message) => {
    logger.warn(message);
  });
  const watch = oneAtATime(() => attempt('looking for organizations without an owner', () => owners.run()));
  const check = oneAtATime(async () => {
    if (github !== null) await attempt('asking GitHub about people', () => github.runChecks());
  });
  const reconcile = oneAtATime(async () => {
    if (github !== null) await attempt('reconciling with GitHub', () => github.reconcileDue());
  });
  // What was too old while the server was down is so from the first request on.
  suspend.run();
  suspendFormer.run();
  watch.run();

  const timers = [
    setInterval(() => void noteUses(), noteUsesEveryMs),
    setInterval(() => void noteRefusals(), noteRefusalsEveryMs),
    setInterval(() => void cleanUp(), cleanUpEveryMs),
    setInterval(() => void checkLogins(), checkLoginsEveryMs),
    setInterval(suspend.run, suspendStaleEveryMs),
    setInterval(suspendFormer.run, suspendStaleEveryMs),
    setInterval(watch.run, watchOwnersEveryMs),
    setInterval(check.run, githubEveryMs),
    setInterval(reconcile.run, githubEveryMs),
  ];
  for (const timer of timers) timer.unref();
  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await loginChecks.close();
      github?.stop();
      for (const work of [suspend, suspendFormer, watch, check, reconcile]) await work.ended();
      await noteRefusals();
      await noteUses();
    },
  };
}

/** Work that takes as long as it takes, and is not begun again before it has ended. */
function oneAtATime(work: () => Promise<void>): { run: () => void; ended: () => Promise<void> } {
  let running: Promise<void> | undefined;
  return {
    run() {
      running ??= work().finally(() => {
        running = undefined;
      });
    },
    async ended() {
      await running;
    },
  };
}
