import { limited } from './attempt-limits.js';
import type { Clock, User } from './model.js';
import { networkOf } from './network-of.js';
import type { PasswordHasher } from './passwords.js';
import type { Database } from './repositories.js';
import { hashSecret, newSecret } from './secrets.js';

/** Ends when not used for that long, and in any case that long after the sign-in. */
export const sessionTimes = { idleMs: 12 * 60 * 60 * 1000, absoluteMs: 7 * 24 * 60 * 60 * 1000 } as const;

const recordUseEveryMs = 60_000;

export interface SignIn {
  /** The new session's secret; `null` when the e-mail or password is wrong, or after too many such tries. */
  withPassword(credentials: { email: string; password: string; ipAddress: string }): Promise<string | null>;
  /** A session for somebody who has proved who they are in another way (an invitation). */
  begin(userId: string): Promise<string>;
  /** Who a session belongs to; `null` when it is unknown or over. */
  resume(sessionSecret: string): Promise<User | null>;
  end(sessionSecret: string): Promise<void>;
}

export function createSignIn(database: Database, passwords: PasswordHasher, clock: Clock): SignIn {
  const { users, sessions, attempts } = database;

  async function begin(userId: string): Promise<string> {
    const secret = newSecret();
    const now = clock();
    await sessions.insert({ sessionHash: hashSecret(secret), userId, createdAt: now, lastSeenAt: now });
    return secret;
  }

  return {
    begin,

    async withPassword({ email, password, ipAddress }) {
      const account = normalizeEmail(email);
      // Hashed, since people mistype their password into this field too.
      const accountHash = hashSecret(account);
      const network = networkOf(ipAddress);
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
          return (await passwords.verify(password, hash)) ? user : null;
        },
      );
      return user === null ? null : await begin(user.id);
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

    async end(sessionSecret) {
      await sessions.remove(hashSecret(sessionSecret));
    },
  };
}

export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}
