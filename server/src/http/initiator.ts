import { byUser, type Initiator, type RequestSource } from '../domain/audit-log.js';
import type { User } from '../domain/model.js';
import type { AppContext } from './app-env.js';

/** Where a request comes from, as the audit log says it. */
export function sourceOf(c: Pick<AppContext, 'get'>): RequestSource & { ipAddress: string } {
  return { ipAddress: c.get('ipAddress'), requestId: c.get('requestId') };
}

/** Whoever makes the request of a route that needs a personal access token. */
export function callerOf(c: Pick<AppContext, 'get'> & { get(name: 'caller'): { user: User } }): Initiator {
  return byUser(c.get('caller').user, sourceOf(c));
}
