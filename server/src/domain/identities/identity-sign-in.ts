import { limited } from '../attempt-limits.js';
import { byNobody, byUser, recordEvent, type RequestSource } from '../audit-log.js';
import { GithubUnavailable } from '../github/gateway.js';
import type { GithubSignIn } from '../github/connections.js';
import type { Clock, Identity, User } from '../model.js';
import { networkOf } from '../network-of.js';
import { RefusedChange } from '../refused-change.js';
import type { Database, Repositories } from '../repositories.js';
import { hashSecret, newId } from '../secrets.js';
import type { GroupMemberships } from './group-memberships.js';
import { rolesOf } from './group-roles.js';
import { addressOf, displayNameOf, labelOf } from './new-account.js';
import {
  ProviderUnavailable,
  SignInRejected,
  type IdentityProvider,
  type ProvenIdentity,
  type SignInProof,
} from './provider.js';

/**
 * Accounts for people who have proved at a provider who they are. An account is found by the provider's stable id for
 * the person and by nothing else: an e-mail address can be given to somebody else there, or be claimed by anybody.
 */
export interface IdentitySignIn {
  /** Where the browser goes. @throws {ProviderUnavailable} */
  begin(provider: IdentityProvider, redirectUri: string): Promise<{ url: string; proof: SignInProof }>;
  /**
   * Who came back from there.
   *
   * @param callback the whole address that the browser came back to
   * @throws {SignInRejected}
   * @throws {ProviderUnavailable}
   * @throws {RefusedChange} after too many that failed, from that network
   */
  prove(
    provider: IdentityProvider,
    callback: URL,
    proof: SignInProof,
    source: RequestSource & { ipAddress: string },
  ): Promise<ProvenIdentity>;
  /**
   * The account of a proven identity; a new one for whom the provider's groups, or GitHub's organizations, let in.
   *
   * @throws {RefusedChange} when there is none and may be none
   * @throws {ProviderUnavailable} when that is not known at the moment
   */
  accountOf(provider: IdentityProvider, proven: ProvenIdentity, source: RequestSource): Promise<User>;
  /** Makes the identity one more way into the account. @throws {RefusedChange} */
  link(
    user: Pick<User, 'id' | 'email'>,
    provider: IdentityProvider,
    proven: ProvenIdentity,
    source: RequestSource,
  ): Promise<void>;
  /**
   * Uses an invitation up, and makes the identity the way into the invited account, instead of another one of that
   * provider that it may have. `null` when the link does not work any more.
   *
   * @throws {RefusedChange} when the identity is another account's; the invitation then works on
   */
  acceptInvitation(
    invitation: { secret: string; user: User },
    provider: IdentityProvider,
    proven: ProvenIdentity,
    source: RequestSource,
  ): Promise<User | null>;
}

interface IdentitySignInDependencies {
  database: Database;
  clock: Clock;
  /** `null` where no GitHub App is configured. */
  github: GithubSignIn | null;
  groupMemberships: GroupMemberships;
  /** Something for the operator to look at. */
  warn: (message: string) => void;
}

export function createIdentitySignIn({
  database,
  clock,
  github,
  groupMemberships,
  warn,
}: IdentitySignInDependencies): IdentitySignIn {
  const occasion = (source: RequestSource) => ({ when: 'at a sign-in', source });

  /** What a provider does wrong is the operator's business as well: the person is told no more than that it is so. */
  async function reported<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isWrong = error instanceof SignInRejected && error.reason === 'not-valid';
      if (isWrong || error instanceof ProviderUnavailable) warn(error.message);
      throw error;
    }
  }

  /** What follows from every proof, whatever it was for. @param repositories those of the transaction */
  async function recordProof(
    user: Pick<User, 'id' | 'email'>,
    provider: IdentityProvider,
    proven: ProvenIdentity,
    source: RequestSource,
    repositories: Repositories,
  ): Promise<void> {
    await repositories.identities.recordSignIn(
      { ...proven, label: labelOf(proven) },
      { at: clock(), sealedRefreshToken: sealedRefreshToken(provider, proven) },
    );
    if (provider.key === 'oidc') {
      await groupMemberships.settle(user, provider, proven.groups, occasion(source), repositories);
    }
  }

  /** Outside of the transaction: it may ask GitHub. */
  async function followGithub(
    user: Pick<User, 'id' | 'email'>,
    provider: IdentityProvider,
    proven: ProvenIdentity,
  ): Promise<void> {
    if (provider.key === 'github') await github?.onSignIn(user, githubAccount(proven));
  }

  async function mayHaveAccount(provider: IdentityProvider, proven: ProvenIdentity): Promise<boolean> {
    if (provider.key === 'oidc') return rolesOf(proven.groups, provider.groupRoles).size > 0;
    try {
      return (await github?.maySignUp(githubAccount(proven))) === true;
    } catch (error) {
      if (error instanceof GithubUnavailable) throw new ProviderUnavailable(error.message);
      throw error;
    }
  }

  async function insertIdentity(
    user: Pick<User, 'id' | 'email'>,
    provider: IdentityProvider,
    proven: ProvenIdentity,
    { identities }: Repositories,
  ): Promise<void> {
    const now = clock();
    const { issuer, subject } = proven;
    const inserted = await identities.insert({
      issuer,
      subject,
      userId: user.id,
      label: labelOf(proven),
      createdAt: now,
      lastSignInAt: null,
      sealedRefreshToken: sealedRefreshToken(provider, proven),
      checkedAt: now,
      askedAt: now,
    });
    if (!inserted) throw linkedElsewhere(provider, proven);
  }

  async function recordIdentityEvent(
    action: 'identity.linked' | 'identity.unlinked',
    user: Pick<User, 'id' | 'email'>,
    { provider, label }: { provider: IdentityProvider; label: string },
    source: RequestSource,
    repositories: Repositories,
  ): Promise<void> {
    const event = { action, target: user.email, details: { provider: provider.name, identity: label } };
    await recordEvent(repositories, clock, byUser(user, source), event);
  }

  async function signUp(
    provider: IdentityProvider,
    proven: ProvenIdentity,
    source: RequestSource,
    repositories: Repositories,
  ): Promise<User | null> {
    const user = { id: newId(), email: addressOf(proven), name: displayNameOf(proven), createdAt: clock() };
    if (!(await repositories.users.insert(user))) return null;
    await insertIdentity(user, provider, proven, repositories);
    const details = { method: provider.key, provider: provider.name, identity: labelOf(proven) };
    const event = { action: 'user.signed-up', target: user.email, details } as const;
    await recordEvent(repositories, clock, byUser(user, source), event);
    return user;
  }

  return {
    begin: (provider, redirectUri) => reported(() => provider.begin(redirectUri)),

    async prove(provider, callback, proof, source) {
      const { attempts } = database;
      const key = { kind: 'identity:address', subject: networkOf(source.ipAddress) } as const;
      // Each makes this server ask the provider something, and somebody has to pay for the answer.
      const outcome = await limited({ attempts, clock }, [key], async () => {
        try {
          return await reported(() => provider.finish(callback, proof));
        } catch (error) {
          // That one is nobody's fault here, and must not close the door when the provider is back.
          if (error instanceof ProviderUnavailable) return error;
          throw error;
        }
      });
      if (outcome === null) {
        throw new RefusedChange(
          'forbidden',
          'Too many sign-ins have failed from your network. Wait a quarter of an hour.',
        );
      }
      if (outcome instanceof ProviderUnavailable) throw outcome;
      return outcome;
    },

    async accountOf(provider, proven, source) {
      const { issuer, subject } = proven;
      const isKnown = (await database.identities.find(issuer, subject)) !== null;
      if (!isKnown && !(await mayHaveAccount(provider, proven))) throw notInvited(provider, proven);
      const user = await database.transaction(async (repositories) => {
        const found = await repositories.identities.find(issuer, subject);
        const user = found?.user ?? (await signUp(provider, proven, source, repositories));
        if (user !== null) await recordProof(user, provider, proven, source, repositories);
        return user;
      });
      if (user === null) {
        await database.transaction(async (repositories) => {
          const details = { method: provider.key, provider: provider.name, identity: labelOf(proven) };
          const event = { action: 'user.sign-in-failed', target: addressOf(proven), details } as const;
          await recordEvent(repositories, clock, byNobody(source), event);
        });
        throw addressTaken(provider, proven);
      }
      await followGithub(user, provider, proven);
      return user;
    },

    async link(user, provider, proven, source) {
      await database.transaction(async (repositories) => {
        const found = await repositories.identities.find(proven.issuer, proven.subject);
        if (found !== null && found.user.id !== user.id) throw linkedElsewhere(provider, proven);
        if (found === null) {
          const [other] = await ofIssuer(user, provider, repositories);
          if (other !== undefined) throw anotherIsLinked(provider, other);
          await insertIdentity(user, provider, proven, repositories);
          await recordIdentityEvent(
            'identity.linked',
            user,
            { provider, label: labelOf(proven) },
            source,
            repositories,
          );
        }
        await recordProof(user, provider, proven, source, repositories);
      });
      await followGithub(user, provider, proven);
    },

    async acceptInvitation({ secret, user }, provider, proven, source) {
      const accepted = await database.transaction(async (repositories) => {
        const { invitations, identities, sessions } = repositories;
        if (!(await invitations.redeem(hashSecret(secret), clock()))) return null;
        const found = await identities.find(proven.issuer, proven.subject);
        if (found !== null && found.user.id !== user.id) throw linkedElsewhere(provider, proven);
        const linked = await ofIssuer(user, provider, repositories);
        const replaced = linked.filter(({ subject }) => subject !== proven.subject);
        for (const other of replaced) {
          await identities.remove(other);
          await recordIdentityEvent('identity.unlinked', user, { provider, label: other.label }, source, repositories);
        }
        if (found === null) {
          await insertIdentity(user, provider, proven, repositories);
          await recordIdentityEvent(
            'identity.linked',
            user,
            { provider, label: labelOf(proven) },
            source,
            repositories,
          );
        }
        await sessions.removeOfUser(user.id);
        await recordProof(user, provider, proven, source, repositories);
        return { isReplaced: replaced.length > 0 };
      });
      if (accepted === null) return null;
      await followGithub(user, provider, proven);
      if (accepted.isReplaced && provider.key === 'github') {
        await database.transaction(async (repositories) => github?.onUnlinked(repositories, user));
      }
      return user;
    },
  };
}

async function ofIssuer(
  user: Pick<User, 'id'>,
  provider: IdentityProvider,
  { identities }: Repositories,
): Promise<Identity[]> {
  return (await identities.ofUser(user.id)).filter(({ issuer }) => issuer === provider.issuer);
}

function sealedRefreshToken(provider: IdentityProvider, { subject, refreshToken }: ProvenIdentity): string | null {
  return refreshToken === null ? null : provider.refreshTokenSeal.seal(refreshToken, subject);
}

function githubAccount({ issuer, subject, label }: ProvenIdentity) {
  return { issuer, githubUserId: subject, login: label };
}

function notInvited({ key, name }: IdentityProvider, proven: ProvenIdentity): RefusedChange {
  const who = `${name} says that you are ${labelOf(proven)}, and nobody here has an account with that identity.`;
  const how =
    key === 'github'
      ? 'A new one is only for members of a GitHub organization that is connected to this server.'
      : `A new one is only for people whose groups at ${name} give them a role here.`;
  return new RefusedChange(
    'forbidden',
    `${who} ${how} If you have an account, sign in to it the way you did before and link ${name} under “Ways to sign in”; ` +
      'otherwise ask an owner of your organization to invite you.',
  );
}

function addressTaken({ name }: IdentityProvider, proven: ProvenIdentity): RefusedChange {
  return new RefusedChange(
    'conflict',
    `There is an account with the e-mail address ${addressOf(proven)} already, and it is not linked to ${name}. An address ` +
      `alone proves nothing: sign in to it the way you did before and link ${name} under “Ways to sign in”, or ` +
      'ask an owner of your organization for an invitation link and use it with that button.',
  );
}

function linkedElsewhere({ name }: IdentityProvider, proven: ProvenIdentity): RefusedChange {
  return new RefusedChange(
    'conflict',
    `${labelOf(proven)} at ${name} is linked to another account here already. Sign in with it, and unlink it there ` +
      'first; or choose another account at ' +
      `${name}.`,
  );
}

function anotherIsLinked({ name }: IdentityProvider, other: Identity): RefusedChange {
  return new RefusedChange(
    'conflict',
    `Your account is linked to ${other.label} at ${name} already. Unlink that first, under “Ways to sign in”.`,
  );
}
