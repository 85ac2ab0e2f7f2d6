/** Hosts for which plain http is allowed, and on which a verification page may be opened without TLS. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export type ServerUrlResult = { ok: true; url: string } | { ok: false; reason: string };

/**
 * The one spelling of a server's URL by which it is asked and its token is kept: no trailing slash, lower-case host,
 * no default port. A missing scheme means https. Plain http is refused except on loopback, since the token would cross
 * the network in the clear.
 */
export function parseServerUrl(text: string): ServerUrlResult {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(withScheme)) return { ok: false, reason: 'it is not a URL' };
  const url = new URL(withScheme);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { ok: false, reason: 'it is not an https URL' };
  if (url.username !== '' || url.password !== '') return { ok: false, reason: 'it contains a user name or password' };
  if (url.search !== '' || url.hash !== '') return { ok: false, reason: 'it contains a query or fragment' };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { ok: false, reason: 'plain http would send tokens unencrypted; only https is allowed, except on loopback' };
  }
  return { ok: true, url: url.origin + url.pathname.replace(/\/+$/, '') };
}
