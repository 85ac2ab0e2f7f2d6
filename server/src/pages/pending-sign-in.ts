import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { IdentityProvider } from '../domain/identities/provider.js';
import type { AppContext } from '../http/app-env.js';
import { cookieName, cookieOptions } from './session.js';

/** How long somebody may take at the provider. */
export const pendingLifetimeMs = 10 * 60_000;

const pendingForm = z.object({
  proof: z.object({ state: z.string(), nonce: z.string().nullable(), codeVerifier: z.string() }),
  returnTo: z.string(),
  purpose: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sign-in') }),
    z.object({ kind: z.literal('link'), sessionHash: z.string() }),
    z.object({ kind: z.literal('invitation'), secret: z.string() }),
  ]),
  begunAt: z.number(),
});

/** What somebody has gone to a provider for. */
export type PendingSignIn = z.infer<typeof pendingForm>;

const name = 'nxkey_sign_in';

/**
 * Kept by the browser that goes to the provider, and by no other: so nobody can have somebody else's browser finish a
 * sign-in that they have begun themselves (RFC 9700 §4.7.1). Sealed, since it holds what the code is redeemed with. A
 * browser has one at a time.
 */
export function keepPending(c: AppContext, provider: IdentityProvider, pending: PendingSignIn): void {
  const config = c.get('config');
  const sealed = provider.cookieSeal.seal(JSON.stringify(pending), provider.key);
  setCookie(c, cookieName(config, name), sealed, { ...cookieOptions(config), maxAge: pendingLifetimeMs / 1000 });
}

/** Once: it is gone from the browser then. `null` when there is none, or none of that provider, or it is too old. */
export function takePending(c: AppContext, provider: IdentityProvider): PendingSignIn | null {
  const config = c.get('config');
  const sealed = getCookie(c, cookieName(config, name));
  if (sealed === undefined) return null;
  deleteCookie(c, cookieName(config, name), cookieOptions(config));
  const text = provider.cookieSeal.open(sealed, provider.key);
  if (text === null) return null;
  const parsed = pendingForm.safeParse(JSON.parse(text));
  if (!parsed.success || parsed.data.begunAt + pendingLifetimeMs <= c.get('services').clock()) return null;
  return parsed.data;
}
