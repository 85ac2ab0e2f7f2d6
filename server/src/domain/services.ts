import { attemptLimits } from './attempt-limits.js';
import type { RequestSource } from './audit-log.js';
import { createCiAccessTokens, type CiAccessTokens } from './ci-access-tokens.js';
import { createDeviceAuthorizations, type DeviceAuthorizations } from './device-authorizations.js';
import { createGroupMemberships } from './identities/group-memberships.js';
import { createIdentitySignIn, type IdentitySignIn } from './identities/identity-sign-in.js';
import { createLoginChecks, type LoginChecks } from './identities/login-checks.js';
import type { IdentityProvider } from './identities/provider.js';
import { unlink } from './identities/sign-in-methods.js';
import type { GithubConnections } from './github/connections.js';
import { createInvitations, type Invitations } from './invitations.js';
import type { Clock, Identity, User } from './model.js';
import type { PasswordHasher } from './passwords.js';
import { createPersonalAccessTokens, type PersonalAccessTokens } from './personal-access-tokens.js';
import type { Database } from './repositories.js';
import { createSignIn, type SignIn } from './sign-in.js';
import { createUnclaimedWorkspaces, type UnclaimedWorkspaces } from './unclaimed-workspaces.js';

export const defaultLoginsPerAddress = attemptLimits['device-authorization:address'].max;

/** What the HTTP layer and the commands work with. */
export interface Services {
  database: Database;
  clock: Clock;
  personalAccessTokens: PersonalAccessTokens;
  ciAccessTokens: CiAccessTokens;
  deviceAuthorizations: DeviceAuthorizations;
  signIn: SignIn;
  invitations: Invitations;
  unclaimedWorkspaces: UnclaimedWorkspaces;
  /** `null`: this server is set up for no GitHub. */
  github: GithubConnections | null;
  /** Who else says who people are; none: there are passwords only. */
  identityProviders: readonly IdentityProvider[];
  /** Whether passwords open anything. */
  passwordSignIn: boolean;
  identitySignIn: IdentitySignIn;
  /** Makes an identity a way into the account no more. @throws {RefusedChange} also for the last way in */
  unlinkIdentity(
    user: Pick<User, 'id' | 'email'>,
    identity: Pick<Identity, 'issuer' | 'subject'>,
    source: RequestSource,
  ): Promise<void>;
  loginChecks: LoginChecks;
}

export interface ServiceDependencies {
  database: Database;
  clock: Clock;
  passwords: PasswordHasher;
  /** Days without use until a personal access token expires; `null` for never. */
  tokenIdleDays: number | null;
  /** How many logins one address may begin in ten minutes. */
  loginsPerAddress?: number;
  /** Whether `nx connect` makes workspaces here. */
  nxConnect?: boolean;
  /** Default: set up for no GitHub. */
  github?: GithubConnections | null;
  identityProviders?: readonly IdentityProvider[];
  /** Whether people may sign in with passwords. */
  passwordSignIn?: boolean;
  /** Something for the operator to look at. */
  warn?: (message: string) => void;
}

export function createServices({
  database,
  clock,
  passwords,
  tokenIdleDays,
  loginsPerAddress = defaultLoginsPerAddress,
  nxConnect = true,
  identityProviders = [],
  passwordSignIn = true,
  github = null,
  warn = () => undefined,
}: ServiceDependencies): Services {
  const groupMemberships = createGroupMemberships(clock, (slug) => {
    warn(
      `There is no organization ${slug}, which a group of the identity provider has a role in. Make it, or correct the configuration.`,
    );
  });
  const personalAccessTokens = createPersonalAccessTokens(database, clock, tokenIdleDays);
  return {
    database,
    clock,
    personalAccessTokens,
    ciAccessTokens: createCiAccessTokens(database, clock),
    deviceAuthorizations: createDeviceAuthorizations(database, personalAccessTokens, clock, loginsPerAddress),
    signIn: createSignIn(database, passwords, clock, passwordSignIn),
    invitations: createInvitations(database, passwords, clock, passwordSignIn),
    unclaimedWorkspaces: createUnclaimedWorkspaces({ database, clock, isOff: !nxConnect }),
    github,
    identityProviders,
    passwordSignIn,
    identitySignIn: createIdentitySignIn({ database, clock, github, groupMemberships, warn }),
    unlinkIdentity: (user, identity, source) =>
      unlink(user, identity, source, {
        database,
        clock,
        providers: identityProviders,
        passwordSignIn,
        github,
        groupMemberships,
      }),
    loginChecks: createLoginChecks({ database, clock, providers: identityProviders, groupMemberships, warn }),
  };
}
