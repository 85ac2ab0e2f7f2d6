/** What the REST API says of the audit log, in the form of wire-types.ts. */
export const auditActions = [
  'user.signed-in',
  'user.sign-in-failed',
  'user.signed-out',
  'user.password-set',
  'user.invited',
  'user.signed-up',
  'user.login-ended',
  'identity.linked',
  'identity.unlinked',
  'pat.created',
  'pat.revoked',
  'device.approved',
  'device.denied',
  'organization.created',
  'organization.without-owner',
  'member.added',
  'member.role-changed',
  'member.removed',
  'member.suspended',
  'member.restored',
  'github.connected',
  'github.changed',
  'github.disconnected',
  'github.installation-changed',
  'github.removals-held',
  'github.removals-confirmed',
  'workspace.created',
  'workspace.claimed',
  'workspace.changed',
  'ci-token.created',
  'ci-token.imported',
  'ci-token.rotated',
  'ci-token.changed',
  'ci-token.revoked',
  'access.refused',
  'cache.purged',
] as const;
export type AuditAction = (typeof auditActions)[number];

/**
 * `operator`: somebody with the data folder, at the server's command line. `github` and `identity-provider`: what they
 * told the server, by a webhook or when asked.
 */
export const auditActorKinds = ['user', 'ci-token', 'anonymous', 'operator', 'github', 'identity-provider'] as const;
export type AuditActorKind = (typeof auditActorKinds)[number];
export type AuditDetails = Readonly<Record<string, string | number | boolean | null>>;

/** `GET /api/v1/organizations/{slug}/audit`, newest first. */
export interface AuditPage {
  events: AuditEventInfo[];
  /** Give it as `before` for the next page; `null` on the last one. */
  next: string | null;
}

export interface AuditEventInfo {
  id: string;
  at: string;
  /** An `AuditAction`, or one that another version of the server has. */
  action: string;
  /** Names are those of that time. */
  actor: { kind: AuditActorKind; id: string | null; name: string | null };
  workspace: { nxCloudId: string; name: string } | null;
  target: string | null;
  details: AuditDetails;
  ipAddress: string | null;
  requestId: string | null;
  /** How often, where many of a kind are written down together. */
  count: number;
}
