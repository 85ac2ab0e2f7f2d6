import type { AuditAction, AuditDetails } from '../../../src/protocol/audit-wire-types.js';
import type { AuditEvent, Clock, User } from './model.js';
import type { Repositories } from './repositories.js';
import { newSortableId } from './secrets.js';

/** Where something is asked for; `null` at the operator's command line. */
export interface RequestSource {
  ipAddress: string | null;
  requestId: string | null;
}

/** Who does something, and from where: what every audit event says. */
export interface Initiator extends RequestSource {
  actor: AuditEvent['actor'];
}

/** A person, under the name that the audit log has them by. */
export function byUser({ id, email }: Pick<User, 'id' | 'email'>, { ipAddress, requestId }: RequestSource): Initiator {
  return { actor: { kind: 'user', id, name: email }, ipAddress, requestId };
}

/** Somebody who has shown no credential, or not the right one. */
export function byNobody({ ipAddress, requestId }: RequestSource): Initiator {
  return { actor: { kind: 'anonymous', id: null, name: null }, ipAddress, requestId };
}

/** Somebody at the server's command line. @param name the operating system's name for them */
export function byOperator(name: string): Initiator {
  return { actor: { kind: 'operator', id: null, name }, ipAddress: null, requestId: null };
}

/** What happened. Whatever is left out has nothing to do with it. Never put a secret in. */
export interface AuditRecord {
  action: AuditAction;
  organizationId?: string;
  workspaceId?: string;
  target?: string;
  details?: AuditDetails;
}

/** @param repositories those of the transaction that makes the change, so that neither is kept without the other */
export async function recordEvent(
  { auditEvents }: Repositories,
  clock: Clock,
  { actor, ipAddress, requestId }: Initiator,
  { action, organizationId, workspaceId, target, details }: AuditRecord,
): Promise<void> {
  await auditEvents.insert({
    id: newSortableId(),
    at: clock(),
    action,
    actor,
    organizationId: organizationId ?? null,
    workspaceId: workspaceId ?? null,
    target: target ?? null,
    details: details ?? {},
    ipAddress,
    requestId,
    count: 1,
  });
}

/** Old and new values of what has changed, as `<name>.old` and `<name>.new`; `null` when nothing has. */
export function changeDetails<Values extends AuditDetails>(before: Values, after: Values): AuditDetails | null {
  const changed = Object.keys(after).filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return null;
  return Object.fromEntries(
    changed.flatMap((name) => [
      [`${name}.old`, before[name] ?? null],
      [`${name}.new`, after[name] ?? null],
    ]),
  );
}
