/** What the REST API says of connections to GitHub, in the form of wire-types.ts. */
import type { Role } from './wire-types.js';

/** `GET /api/v1/organizations/{slug}/github`, for owners. */
export interface GithubInfo {
  /** `null`: the organization is not connected to one of GitHub. */
  connection: GithubConnectionInfo | null;
}

/** `suspended` and `removed` are what a GitHub organization's owner can do to the server's GitHub App there. */
export const githubInstallationStates = ['active', 'suspended', 'removed'] as const;
export type GithubInstallationState = (typeof githubInstallationStates)[number];

/** That the members of a GitHub organization are members of one here. */
export interface GithubConnectionInfo {
  /** The GitHub organization's name, as it was last heard of. */
  login: string;
  /** Of its page at GitHub. */
  url: string;
  installation: GithubInstallationState;
  /** What its owners at GitHub are here. */
  adminRole: Role;
  /** By slug. */
  teams: GithubTeamInfo[];
  members: {
    /** In the GitHub organization, as far as is known; those that are held are among them. */
    present: number;
    /** Of those, the ones with an account here. */
    withAccount: number;
    /** Memberships that open nothing, since GitHub has not confirmed them for too long. */
    suspended: number;
    /** Not in the GitHub organization any more, and kept until an owner confirms their removal. */
    held: number;
  };
  connectedAt: string;
  /** When GitHub last said who all the members are. */
  confirmedAt: string | null;
  /** Why it could not be asked since; `null` when it could. */
  problem: { message: string; at: string } | null;
  /** Removals that wait for an owner, since they would be more than half of the members. */
  held: { since: string; people: HeldPerson[] } | null;
  /** The same as those of the organization. */
  warnings: string[];
}

/** A team of the GitHub organization, by the name in its address, and what its members are here. */
export interface GithubTeamInfo {
  slug: string;
  role: Role;
}

export interface HeldPerson {
  /** At GitHub. */
  login: string;
  /** Of the account here; `null` for somebody who has none. */
  email: string | null;
}

/** `PUT /api/v1/organizations/{slug}/github`; answers with a `GithubConnectionInfo`. */
export interface NewGithubConnection {
  /** The GitHub organization's name. */
  login: string;
  /** Default: admin. */
  adminRole?: Role;
  /** Default: none. */
  teams?: GithubTeamInfo[];
}

/** `PATCH /api/v1/organizations/{slug}/github`; answers with a `GithubConnectionInfo`. */
export interface GithubConnectionChange {
  adminRole?: Role;
  /** All of them: a team that is not named has no role any more. */
  teams?: GithubTeamInfo[];
}

/** `POST /api/v1/organizations/{slug}/github/confirm-removals`. */
export interface RemovalsConfirmation {
  /** `held.since`, as it was when somebody looked at who it is: others may have come to be held since. */
  heldAt: string;
}

/** Its answer. */
export interface RemovalsConfirmed {
  removed: number;
}
