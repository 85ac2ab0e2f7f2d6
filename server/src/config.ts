import { isLoopback } from '../../src/protocol/server-url.js';

export interface ServerConfig {
  /** Where people and programs reach the server: an origin, without a slash at its end. */
  publicUrl: string;
  /** How many reverse proxies of ours stand in front, each appending to `X-Forwarded-For`; 0 for none. */
  trustedProxyHops: number;
}

export type PublicUrlResult = { ok: true; url: string } | { ok: false; reason: string };

/** https, or plain http on loopback; and nothing behind the host, since session cookies hold for a whole origin. */
export function parsePublicUrl(text: string): PublicUrlResult {
  if (!URL.canParse(text)) return { ok: false, reason: 'it is not a URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return { ok: false, reason: 'it has to begin with https:// (or be http on loopback)' };
  }
  if (url.username !== '' || url.password !== '') return { ok: false, reason: 'it contains a user name or password' };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return { ok: false, reason: 'it has to end after the host: the server needs an origin of its own' };
  }
  return { ok: true, url: url.origin };
}

export function isSecure(config: ServerConfig): boolean {
  return config.publicUrl.startsWith('https:');
}
