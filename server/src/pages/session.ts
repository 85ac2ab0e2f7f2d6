import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isSecure, type ServerConfig } from '../config.js';
import type { User } from '../domain/model.js';
import { deriveSecret } from '../domain/secrets.js';
import { sessionTimes } from '../domain/sign-in.js';
import type { AppContext } from '../http/app-env.js';
import { sourceOf } from '../http/initiator.js';

/** Somebody who has signed in with a browser. */
export interface PageSession {
  user: User;
  /** Stands in every form; follows from the session's secret, so it needs no place of its own. */
  csrfToken: string;
}

/** `__Host-` makes browsers refuse the cookie from anywhere but this host over https; it needs `Secure`. */
export function cookieName(config: ServerConfig, name: 'nxkey_session' | 'nxkey_sign_in'): string {
  return isSecure(config) ? `__Host-${name}` : name;
}

export function cookieOptions(config: ServerConfig) {
  return { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure(config) } as const;
}

export async function currentSession(c: AppContext): Promise<PageSession | null> {
  const secret = sessionSecret(c);
  if (secret === undefined) return null;
  const user = await c.get('services').signIn.resume(secret);
  if (user === null) return null;
  c.set('userId', user.id);
  return { user, csrfToken: deriveSecret(secret, 'csrf') };
}

export function sessionSecret(c: AppContext): string | undefined {
  return getCookie(c, cookieName(c.get('config'), 'nxkey_session'));
}

/** Makes the browser a new session's, and ends the one it had: nobody can sign out of that any more. */
export async function enterSession(c: AppContext, secret: string): Promise<void> {
  const former = sessionSecret(c);
  if (former !== undefined) await c.get('services').signIn.end(former, sourceOf(c));
  const config = c.get('config');
  setCookie(c, cookieName(config, 'nxkey_session'), secret, {
    ...cookieOptions(config),
    maxAge: sessionTimes.absoluteMs / 1000,
  });
}

export function clearSessionCookie(c: AppContext): void {
  const config = c.get('config');
  deleteCookie(c, cookieName(config, 'nxkey_session'), cookieOptions(config));
}
