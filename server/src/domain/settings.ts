import { defaultTokenIdleDays } from './personal-access-tokens.js';
import type { Repositories } from './repositories.js';

/**
 * What the server was started with and a command beside it has to know: it makes links to the same address, and
 * tokens that live as long.
 */

export async function readPublicUrl({ settings }: Repositories): Promise<string | null> {
  return await settings.get('public_url');
}

export async function readTokenIdleDays({ settings }: Repositories): Promise<number | null> {
  const stored = await settings.get('token_idle_days');
  if (stored === null) return defaultTokenIdleDays;
  return stored === 'never' ? null : Number(stored);
}

/** Whether people may sign in with passwords. */
export async function readPasswordSignIn({ settings }: Repositories): Promise<boolean> {
  return (await settings.get('password_sign_in')) !== 'off';
}

export async function writeServerSettings(
  { settings }: Repositories,
  {
    publicUrl,
    tokenIdleDays,
    passwordSignIn,
  }: { publicUrl: string; tokenIdleDays: number | null; passwordSignIn: boolean },
): Promise<void> {
  await settings.set('public_url', publicUrl);
  await settings.set('token_idle_days', tokenIdleDays === null ? 'never' : String(tokenIdleDays));
  await settings.set('password_sign_in', passwordSignIn ? 'on' : 'off');
}
