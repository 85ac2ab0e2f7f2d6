import { byUser, recordEvent, type RequestSource } from '../audit-log.js';
import type { GithubSignIn } from '../github/connections.js';
import type { Clock, Identity, User } from '../model.js';
import { RefusedChange } from '../refused-change.js';
import type { Database, Repositories } from '../repositories.js';
import type { GroupMemberships } from './group-memberships.js';
import type { IdentityProvider } from './provider.js';

/** How somebody gets into their account. */
export interface SignInMethods {
  /** Also where passwords are switched off and it opens nothing. */
  hasPassword: boolean;
  identities: LinkedIdentity[];
}

/** `provider`: `null` for one that this server was once configured for. */
export interface LinkedIdentity {
  identity: Identity;
  provider: IdentityProvider | null;
}

interface Unlinking {
  database: Database;
  clock: Clock;
  providers: readonly IdentityProvider[];
  passwordSignIn: boolean;
  github: GithubSignIn | null;
  groupMemberships: GroupMemberships;
}

export async function signInMethods(
  user: Pick<User, 'id'>,
  { users, identities }: Pick<Repositories, 'users' | 'identities'>,
  providers: readonly IdentityProvider[],
): Promise<SignInMethods> {
  const linked = await identities.ofUser(user.id);
  return {
    hasPassword: (await users.passwordHash(user.id)) !== null,
    identities: linked.map((identity) => ({
      identity,
      provider: providers.find(({ issuer }) => issuer === identity.issuer) ?? null,
    })),
  };
}

/**
 * @throws {RefusedChange} when there is no such identity, for the last way in, and for the identity by which somebody is
 * the last owner of an organization
 */
export async function unlink(
  user: Pick<User, 'id' | 'email'>,
  { issuer, subject }: Pick<Identity, 'issuer' | 'subject'>,
  source: RequestSource,
  { database, clock, providers, passwordSignIn, github, groupMemberships }: Unlinking,
): Promise<void> {
  const initiator = byUser(user, source);
  await database.transaction(async (repositories) => {
    const methods = await signInMethods(user, repositories, providers);
    const linked = methods.identities.find(
      ({ identity }) => identity.issuer === issuer && identity.subject === subject,
    );
    if (linked === undefined) throw new RefusedChange('not-found', 'Your account has no such link.');
    const others = methods.identities.filter((other) => other !== linked && other.provider !== null);
    if (others.length === 0 && !(methods.hasPassword && passwordSignIn)) {
      throw new RefusedChange(
        'conflict',
        `${linked.identity.label} is the only way into your account. Link another one first.`,
      );
    }
    const owned = (await repositories.organizations.ofUser(user.id)).filter(
      ({ membership }) => membership.role === 'owner',
    );
    await repositories.identities.remove({ issuer, subject, userId: user.id });
    const name = linked.provider?.name ?? issuer;
    await recordEvent(repositories, clock, initiator, {
      action: 'identity.unlinked',
      target: user.email,
      details: { provider: name, identity: linked.identity.label },
    });
    if (!others.some(({ provider }) => provider?.key === 'oidc')) {
      const cause = `${name}: ${linked.identity.label} was unlinked by ${user.email}`;
      await groupMemberships.end(user, { initiator, cause }, repositories);
    }
    if (issuer === github?.issuer) await github.onUnlinked(repositories, user);
    for (const { organization } of owned) {
      if (await repositories.organizations.hasOwner(organization.id)) continue;
      throw new RefusedChange(
        'conflict',
        `You are the last owner of ${organization.slug}, because of ${linked.identity.label} at ${name}, and an ` +
          'organization has to have one. Make somebody else an owner first.',
      );
    }
  });
}
