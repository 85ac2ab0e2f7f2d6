import { UserError } from '../errors.js';
import { isLoopback } from '../protocol/server-url.js';

export interface ProxySettings {
  /** URL of the proxy; may hold a password, so it is never printed. Empty for "none". */
  httpsProxy: string;
  /** Hosts asked directly, separated by commas or blanks. */
  noProxy: string;
}

/**
 * The proxy for a server, from `HTTPS_PROXY` and `NO_PROXY`; the lower-case spelling wins, as it does in curl.
 * A server on loopback is never asked through a proxy, with or without `NO_PROXY`: the proxy's loopback is another
 * machine's, and the token would travel there unencrypted. Plain http exists on loopback only (server-url.ts), which
 * leaves `HTTP_PROXY` nothing to do.
 *
 * @throws {UserError} when `HTTPS_PROXY` is no http(s) URL
 */
export function proxySettings(
  server: URL,
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const variable = ['https_proxy', 'HTTPS_PROXY'].find((name) => (env[name] ?? '') !== '');
  if (variable === undefined || isLoopback(server.hostname)) return undefined;

  const value = env[variable] ?? '';
  const httpsProxy = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(httpsProxy) || !/^https?:$/.test(new URL(httpsProxy).protocol)) {
    throw new UserError(`The environment variable ${variable} does not hold the URL of an http proxy.`, {
      remedy: `Set it to something like ${variable}=http://proxy.example.com:3128, or unset it.`,
    });
  }
  return { httpsProxy, noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '' };
}
