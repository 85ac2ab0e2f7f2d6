import type { AccessLevel, CiAccessLevel, Role } from '../../../src/protocol/wire-types.js';
import type { AccessSettings } from './model.js';
import { roleWithArticle } from './roles.js';

/** Who is asking, as far as the credential of a request proves it. */
export type Principal =
  | { kind: 'ci-token'; tokenId: string; workspaceId: string; level: CiAccessLevel; expired: boolean }
  /**
   * A person with a valid personal access token; their role in the organization of the workspace asked for.
   * `suspended`: they would have one, if whoever made the membership had confirmed it lately.
   */
  | { kind: 'person'; role: Role | null; suspended?: boolean }
  /** A credential was sent, and it is unknown, revoked, expired or damaged. */
  | { kind: 'invalid-credential' }
  /** Nothing but the `nxCloudId`. */
  | { kind: 'anonymous' };

export interface AccessTarget extends AccessSettings {
  id: string;
  name: string;
  organizationSlug: string;
}

/**
 * Where artifacts are written. Everybody with access reads the trusted scope; what is in an isolated one is seen only
 * by the token it belongs to (access-model.md, "A cache that cannot be poisoned").
 */
export type Scope = { kind: 'trusted' } | { kind: 'isolated'; tokenId: string };

export type AccessDecision =
  | { level: CiAccessLevel; scope: Scope; because: string }
  /** `unauthenticated`: the credential itself is no good. The answer is 401, never the anonymous level. */
  | { level: 'none'; scope: null; unauthenticated: boolean; because: string };

/** The whole of "Who may do what" (access-model.md). `because` is a sentence for people. */
export function decideAccess(principal: Principal, workspace: AccessTarget): AccessDecision {
  switch (principal.kind) {
    case 'invalid-credential':
      return unauthenticated('the token is unknown, expired or revoked');
    case 'ci-token':
      if (principal.workspaceId !== workspace.id)
        return unauthenticated('the CI access token belongs to another workspace');
      if (principal.expired) return unauthenticated('the CI access token has expired');
      return granted(
        principal.level,
        `the CI access token is ${principal.level} for ${workspace.name}`,
        principal.level === 'read-only' ? { kind: 'isolated', tokenId: principal.tokenId } : { kind: 'trusted' },
      );
    case 'person':
      if (!workspace.patOptIn) return refused(notOptedIn);
      if (principal.role === null) return anonymous(workspace, notMember(workspace, principal.suspended === true));
      return granted(
        workspace.patLevel,
        `you are ${roleWithArticle[principal.role]} of ${workspace.organizationSlug}, and personal access tokens are ` +
          `${workspace.patLevel} in ${workspace.name}`,
      );
    case 'anonymous':
      if (!workspace.patOptIn) return refused(notOptedIn);
      return anonymous(workspace, 'no token was sent');
  }
}

function granted(level: CiAccessLevel, because: string, scope: Scope = { kind: 'trusted' }): AccessDecision {
  return { level, scope, because };
}

function refused(because: string): AccessDecision {
  return { level: 'none', scope: null, unauthenticated: false, because };
}

function unauthenticated(because: string): AccessDecision {
  return { level: 'none', scope: null, unauthenticated: true, because };
}

/** Names nothing: whoever knows the `nxCloudId`, which is public, may read it. */
const notOptedIn = 'this workspace has not opted in to personal access tokens, so only CI access tokens open it';

function notMember({ organizationSlug }: AccessTarget, isSuspended: boolean): string {
  return isSuspended
    ? `your membership of ${organizationSlug} is suspended until GitHub or the sign-in provider confirms it again`
    : `you are not a member of ${organizationSlug}`;
}

function anonymous(workspace: AccessTarget, reason: string): AccessDecision {
  const level: AccessLevel = workspace.anonymousLevel;
  if (level === 'none') return refused(`${reason}; anonymous access is off`);
  return granted(level, `${reason}; anonymous access is ${level}`);
}
