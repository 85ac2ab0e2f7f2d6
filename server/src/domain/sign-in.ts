import { limited } from './attempt-limits.js';
import { byNobody, byUser, recordEvent, type RequestSource } from './audit-log.js';
import type { Clock, User } from './model.js';
import { normalizeEmail } from './names.js';
import { networkOf } from './network-of.js';
import type { ProviderKey } from './identities/provider.js';
import { passwordsAreOff, type PasswordHasher } from './passwords.js';
import type { Database } from './repositories.js';
import { hashSecret, newId, newSecret } from './secrets.js';

/** Ends when not used for that long, and in any case that long after the sign-in. */
export const sessionTimes = { idleMs: 12 * 60 * 60 * 1000, absoluteMs: 7 * 24 * 60 * 60 * 1000 } as const;

const recordUseEveryMs = 60_000;

export interface SignIn {
  /**
   * The new session's secret; `null` when the e-mail or password is wrong, or after too many such tries.
   *
   * @throws {RefusedChange} where passwords are switched off
   */
  withPassword(
    credentials: { email: string; password: string },
    source: RequestSource & { ipAddress: string },
  ): Promise<string | null>;
  /** A session for somebody who has proved who they are. */
  begin(user: Pick<User, 'id' | 'email'>, method: SignInMethod, source: RequestSource): Promise<string>;
  /** Who a session belongs to; `null` when it is unknown or over. */
  resume(sessionSecret: string): Promise<User | null>;
  end(sessionSecret: string, source: RequestSource): Promise<void>;
}

/** How somebody has proved who they are. */
export type SignInMethod = 'password' | 'invitation' | ProviderKey;

export function createSignIn(
  database: Database,
  passwords: PasswordHasher,
  clock: Clock,
  passwordSignIn: boolean,
): SignIn {
  const { users, sessions, attempts } = database;

  async function begin(user: Pick<User, 'id' | 'email'>, method: SignInMethod, source: RequestSource): Promise<string> {
    const secret = newSecret();
    const now = clock();
    await database.transaction(async (repositories) => {
      const sessionHash = hashSecret(secret);
      await repositories.sessions.insert({ sessionHash, userId: user.id, createdAt: now, lastSeenAt: now });
      const event = { action: 'user.signed-in', target: user.email, details: { method } } as const;
      await recordEvent(repositories, clock, byUser(user, source), event);
    });
    return secret;
  }

  /** Only for an account that there is; for any other as much is written, since time would tell which there are. */
  async function recordFailure(user: User | null, account: string, source: RequestSource): Promise<void> {
    await database.transaction(async (repositories) => {
      if (user !== null) {
        const event = { action: 'user.sign-in-failed', target: user.email } as const;
        await recordEvent(repositories, clock, byNobody(source), event);
      } else {
        const id = newId();
        await repositories.attempts.insert({ id, kind: 'sign-in:unknown', subject: hashSecret(account), at: clock() });
        await repositories.attempts.remove(id);
      }
    });
  }

  return {
    begin,

    async withPassword({ email, password }, source) {
      if (!passwordSignIn) throw passwordsAreOff();
      const account = normalizeEmail(email);
      // Hashed, since people mistype their password into this field too.
      const accountHash = hashSecret(account);
      const network = networkOf(source.ipAddress);
      const user = await limited(
        { attempts, clock },
        [
          { kind: 'sign-in:account-and-address', subject: `${accountHash} ${network}` },
          { kind: 'sign-in:account', subject: accountHash },
          { kind: 'sign-in:address', subject: network },
        ],
        async () => {
          const user = await users.findByEmail(account);
          const hash = user === null ? null : await users.passwordHash(user.id);
          if (await passwords.verify(password, hash)) return user;
          await recordFailure(user, account, source);
          return null;
        },
      );
      return user === null ? null : await begin(user, 'password', source);
    },

    async resume(sessionSecret) {
      const sessionHash = hashSecret(sessionSecret);
      const found = await sessions.findByHash(sessionHash);
      if (found === null) return null;
      const { createdAt, lastSeenAt } = found.session;
      const now = clock();
      if (now - createdAt >= sessionTimes.absoluteMs || now - lastSeenAt >= sessionTimes.idleMs) return null;
      if (now - lastSeenAt >= recordUseEveryMs) await sessions.recordUse(sessionHash, now);
      return found.user;
    },

    async end(sessionSecret, source) {
      await database.transaction(async (repositories) => {
        const sessionHash = hashSecret(sessionSecret);
        const found = await repositories.sessions.findByHash(sessionHash);
        if (found === null) return;
        await repositories.sessions.remove(sessionHash);
        const event = { action: 'user.signed-out', target: found.user.email } as const;
        await recordEvent(repositories, clock, byUser(found.user, source), event);
      });
    },
  };
}
