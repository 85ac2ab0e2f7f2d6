import type { Clock, User } from './model.js';
import type { PasswordHasher } from './passwords.js';
import type { Database, Repositories } from './repositories.js';
import { hashSecret, newSecret } from './secrets.js';

export const invitationLifetimeMs = 7 * 24 * 60 * 60 * 1000;

export interface Invitations {
  /** The secret of a link with which the person sets a password. Older links of theirs stop working. */
  create(userId: string, repositories: Repositories): Promise<string>;
  /** Who is invited; `null` when the link is unknown, used or expired. */
  find(secret: string): Promise<User | null>;
  /** Sets the password and uses the link up: both or neither. `null` as for `find`. */
  accept(secret: string, password: string): Promise<User | null>;
}

export function createInvitations(database: Database, passwords: PasswordHasher, clock: Clock): Invitations {
  async function find(secret: string): Promise<User | null> {
    const found = await database.invitations.findByHash(hashSecret(secret));
    if (found === null) return null;
    const { usedAt, expiresAt } = found.invitation;
    return usedAt === null && expiresAt > clock() ? found.user : null;
  }

  return {
    async create(userId, { invitations }) {
      const secret = newSecret();
      const now = clock();
      await invitations.removeOfUser(userId);
      await invitations.insert({
        invitationHash: hashSecret(secret),
        userId,
        createdAt: now,
        expiresAt: now + invitationLifetimeMs,
        usedAt: null,
      });
      return secret;
    },

    find,

    async accept(secret, password) {
      const user = await find(secret);
      if (user === null) return null;
      // Before the transaction: hashing takes long, and a transaction keeps all other writers waiting.
      const hash = await passwords.hash(password);
      return await database.transaction(async ({ invitations, users, sessions }) => {
        const now = clock();
        if (!(await invitations.redeem(hashSecret(secret), now))) return null;
        await users.setPasswordHash(user.id, hash, now);
        await sessions.removeOfUser(user.id);
        return user;
      });
    },
  };
}
