import { attemptLimits } from './attempt-limits.js';
import { createCiAccessTokens, type CiAccessTokens } from './ci-access-tokens.js';
import { createDeviceAuthorizations, type DeviceAuthorizations } from './device-authorizations.js';
import type { GithubConnections } from './github/connections.js';
import { createInvitations, type Invitations } from './invitations.js';
import type { Clock } from './model.js';
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
}

export function createServices({
  database,
  clock,
  passwords,
  tokenIdleDays,
  loginsPerAddress = defaultLoginsPerAddress,
  nxConnect = true,
  github = null,
}: ServiceDependencies): Services {
  const personalAccessTokens = createPersonalAccessTokens(database, clock, tokenIdleDays);
  return {
    database,
    clock,
    personalAccessTokens,
    ciAccessTokens: createCiAccessTokens(database, clock),
    deviceAuthorizations: createDeviceAuthorizations(database, personalAccessTokens, clock, loginsPerAddress),
    signIn: createSignIn(database, passwords, clock),
    invitations: createInvitations(database, passwords, clock),
    unclaimedWorkspaces: createUnclaimedWorkspaces({ database, clock, isOff: !nxConnect }),
    github,
  };
}
