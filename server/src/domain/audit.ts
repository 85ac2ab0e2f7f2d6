import type { AuditAction } from '../../../src/protocol/audit-wire-types.js';
import type { AuditEvent } from './model.js';

/** The audit log: only ever added to, until events are older than they are kept. */
export interface AuditRepository {
  insert(event: AuditEvent): Promise<void>;
  /** Newest first. */
  find(filter: AuditFilter): Promise<AuditEvent[]>;
  removeOlder(before: number): Promise<void>;
}

export interface AuditFilter {
  /**
   * Events of this organization and its workspaces, and what concerns its members alone (signing in, their tokens).
   * Without it, all there are: for the operator.
   */
  organizationId?: string;
  workspaceId?: string;
  actions?: readonly AuditAction[];
  /** A part of the actor's name (a person's e-mail address, a token's name), ignoring case. */
  actor?: string;
  /** From this moment on. */
  since?: number;
  /** Before this moment. */
  until?: number;
  /** Older than this event: the next page. */
  before?: { at: number; id: string };
  limit: number;
}
