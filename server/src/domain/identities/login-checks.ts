import { recordEvent } from '../audit-log.js';
import type { Clock, Identity, User } from '../model.js';
import type { Database } from '../repositories.js';
import { byProvider, unasked, type GroupMemberships } from './group-memberships.js';
import { LoginRefused, ProviderUnavailable, type IdentityProvider, type ProvenIdentity } from './provider.js';

/** How long after the provider last said that somebody may sign in it is asked again. */
export const checkEveryMs = 10 * 60_000;

const atOnce = 100;

export interface LoginChecks {
  /**
   * Asks the providers about everybody whose turn it is. A refusal ends all that the person is logged in with; a
   * provider that does not answer ends nothing, and the rest of its people wait for the next time.
   */
  run(): Promise<void>;
  /** Asks about nobody more, and waits for the answer about whom it was asking. */
  close(): Promise<void>;
}

export interface LoginCheckDependencies {
  database: Database;
  clock: Clock;
  providers: readonly IdentityProvider[];
  groupMemberships: GroupMemberships;
  /** Something for the operator to look at. */
  warn: (message: string) => void;
}

export function createLoginChecks({
  database,
  clock,
  providers,
  groupMemberships,
  warn,
}: LoginCheckDependencies): LoginChecks {
  async function confirm(
    { identity, user, former }: Checked,
    provider: IdentityProvider,
    proven: ProvenIdentity,
  ): Promise<void> {
    const { subject } = identity;
    // Most providers give a new one each time and take the former no more.
    const sealedRefreshToken =
      proven.refreshToken === null ? former : provider.refreshTokenSeal.seal(proven.refreshToken, subject);
    await database.transaction(async (repositories) => {
      const check = { at: clock(), former, sealedRefreshToken };
      // Otherwise they have signed in, or were unlinked, meanwhile: what that said is newer.
      if (!(await repositories.identities.recordCheck(identity, check))) return;
      const occasion = { when: 'when asked about their login', source: unasked };
      await groupMemberships.settle(user, provider, proven.groups, occasion, repositories);
    });
  }

  async function end({ identity, user, former }: Checked, provider: IdentityProvider): Promise<void> {
    await database.transaction(async (repositories) => {
      const { identities, sessions, deviceAuthorizations, personalAccessTokens } = repositories;
      if (!(await identities.forgetRefreshToken(identity, former))) return;
      await sessions.removeOfUser(user.id);
      await deviceAuthorizations.cancelOfUser(user.id);
      const tokens = await personalAccessTokens.removeOfUser(user.id);
      const cause = `${provider.name}: ${identity.label} may not sign in any more`;
      const initiator = byProvider(provider, unasked);
      const event = { action: 'user.login-ended', target: user.email, details: { cause, tokens } } as const;
      await recordEvent(repositories, clock, initiator, event);
      await groupMemberships.suspend(user, { initiator, cause }, repositories);
    });
  }

  /** @throws {ProviderUnavailable} */
  async function check(checked: Checked, provider: IdentityProvider): Promise<void> {
    const { identity, former } = checked;
    const refreshToken = provider.refreshTokenSeal.open(former, identity.subject);
    if (refreshToken === null) {
      warn(
        `Whether ${identity.label} may still sign in cannot be asked of ${provider.name} before their next sign-in: ` +
          'the client secret has changed since the last one.',
      );
      await database.identities.forgetRefreshToken(identity, former);
      return;
    }
    try {
      await confirm(checked, provider, await provider.check(identity.subject, refreshToken));
    } catch (error) {
      if (!(error instanceof LoginRefused)) throw error;
      await end(checked, provider);
    }
  }

  async function checkDue(provider: IdentityProvider): Promise<void> {
    const before = clock() - checkEveryMs;
    for (;;) {
      const due = await database.identities.due(provider.issuer, before, atOnce);
      for (const { identity, user } of due) {
        if (isClosed) return;
        const former = identity.sealedRefreshToken;
        if (former === null) continue;
        if (!(await database.identities.beginCheck(identity, { at: clock(), former, before }))) continue;
        try {
          await check({ identity, user, former }, provider);
        } catch (error) {
          if (!(error instanceof ProviderUnavailable)) throw error;
          warn(`${error.message} Nobody's login ends for that; it is asked again later.`);
          return;
        }
      }
      if (due.length < atOnce) return;
    }
  }

  async function checkAll(): Promise<void> {
    for (const provider of providers) await checkDue(provider);
  }

  let running: Promise<void> | null = null;
  let isClosed = false;
  return {
    async run() {
      running ??= checkAll();
      try {
        await running;
      } finally {
        running = null;
      }
    },
    async close() {
      isClosed = true;
      await running?.catch(() => undefined);
    },
  };
}

interface Checked {
  identity: Identity;
  user: User;
  /** The sealed refresh token that is asked with. */
  former: string;
}
