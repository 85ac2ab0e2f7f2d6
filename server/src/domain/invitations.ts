import { byUser, recordEvent, type Initiator, type RequestSource } from './audit-log.js';
import type { Clock, User } from './model.js';
import { passwordsAreOff, type PasswordHasher } from './passwords.js';
import type { Database, Repositories } from './repositories.js';
import { hashSecret, newSecret } from './secrets.js';

export const invitationLifetimeMs = 7 * 24 * 60 * 60 * 1000;

export interface Invitations {
  /**
   * The secret of a link with which the person sets a password, or links an identity elsewhere. Older links of theirs stop working.
   *
   * @param repositories those of a transaction
   */
  create(
    user: Pick<User, 'id' | 'email'>,
    initiator: Initiator & { organizationId?: string },
    repositories: Repositories,
  ): Promise<{ secret: string; expiresAt: number }>;
  /** Who is invited; `null` when the link is unknown, used or expired. */
  find(secret: string): Promise<User | null>;
  /**
   * Sets the password and uses the link up: both or neither. `null` as for `find`.
   *
   * @throws {RefusedChange} where passwords are switched off
   */
  accept(secret: string, password: string, source: RequestSource): Promise<User | null>;
}

export function createInvitations(
  database: Database,
  passwords: PasswordHasher,
  clock: Clock,
  passwordSignIn: boolean,
): Invitations {
  async function find(secret: string): Promise<User | null> {
    const found = await database.invitations.findByHash(hashSecret(secret));
    if (found === null) return null;
    const { usedAt, expiresAt } = found.invitation;
    return usedAt === null && expiresAt > clock() ? found.user : null;
  }

  return {
    async create(user, { organizationId, ...initiator }, repositories) {
      const secret = newSecret();
      const now = clock();
      const expiresAt = now + invitationLifetimeMs;
      const { invitations } = repositories;
      await invitations.removeOfUser(user.id);
      const invitationHash = hashSecret(secret);
      await invitations.insert({ invitationHash, userId: user.id, createdAt: now, expiresAt, usedAt: null });
      const event = { action: 'user.invited', target: user.email } as const;
      await recordEvent(
        repositories,
        clock,
        initiator,
        organizationId === undefined ? event : { ...event, organizationId },
      );
      return { secret, expiresAt };
    },

    find,

    async accept(secret, password, source) {
      if (!passwordSignIn) throw passwordsAreOff();
      const user = await find(secret);
      if (user === null) return null;
      // Before the transaction: hashing takes long, and a transaction keeps all other writers waiting.
      const hash = await passwords.hash(password);
      return await database.transaction(async (repositories) => {
        const { invitations, users, sessions } = repositories;
        const now = clock();
        if (!(await invitations.redeem(hashSecret(secret), now))) return null;
        await users.setPasswordHash(user.id, hash, now);
        await sessions.removeOfUser(user.id);
        await recordEvent(repositories, clock, byUser(user, source), {
          action: 'user.password-set',
          target: user.email,
        });
        return user;
      });
    },
  };
}
