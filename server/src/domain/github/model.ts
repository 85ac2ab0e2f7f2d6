import type { GithubInstallationState } from '../../../../src/protocol/github-wire-types.js';
import type { Role } from '../../../../src/protocol/wire-types.js';

export type { GithubInstallationState } from '../../../../src/protocol/github-wire-types.js';

/** That the members of a GitHub organization are members of one here. Ids of GitHub are decimal numbers, as text. */
export interface GithubConnection {
  organizationId: string;
  /** Which GitHub: ids of one mean nothing at another. */
  issuer: string;
  /** Stays when the GitHub organization is renamed. */
  githubOrganizationId: string;
  /** Its name at GitHub when it was last heard of. */
  login: string;
  installationId: string;
  installationState: GithubInstallationState;
  /** What the admins ("owners") of the GitHub organization are here. */
  adminRole: Role;
  createdAt: number;
  /** When GitHub last said who all the members are. */
  confirmedAt: number | null;
  /** A sentence: why it could not be asked since; `null` when it could. */
  problem: string | null;
  problemAt: number | null;
  /** Since when removals wait for an owner, because they would be more than half of the members; `null` for none. */
  heldAt: number | null;
}

/** What the members of a team are here. */
export interface GithubTeamRole {
  teamId: string;
  /** Its name in addresses when it was last heard of. */
  slug: string;
  role: Role;
}

/** Somebody in a GitHub organization, or who was there. Known also before they have ever signed in here. */
export interface GithubMember {
  organizationId: string;
  githubUserId: string;
  /** Their name at GitHub when last heard of; decides nothing, since it can be given to somebody else. */
  login: string;
  isAdmin: boolean;
  /** `false`: has left. Kept for a while, so that an older answer of GitHub's does not bring them back. */
  isPresent: boolean;
  /** Is not in the GitHub organization any more, and is kept until an owner here confirms a mass removal. */
  isHeld: boolean;
  /** As of when GitHub's word is known: when it was asked, not when it answered. */
  observedAt: number;
}

/** Somebody whom GitHub is to be asked about, since something was heard that is not to be believed unasked. */
export interface GithubCheck {
  organizationId: string;
  githubUserId: string;
  /** As it was called when that was heard. */
  login: string;
  /** What was heard, as the end of a sentence: "after webhook delivery …". */
  cause: string;
  /** How often GitHub has not answered. */
  attempts: number;
  /** Changes whenever something new is heard about the person. */
  queuedAt: number;
  dueAt: number;
}
