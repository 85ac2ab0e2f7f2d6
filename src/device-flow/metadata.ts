import { UserError } from '../errors.js';
import { paths } from '../protocol/paths.js';
import { parseServerUrl } from '../protocol/server-url.js';
import { UnexpectedAnswer } from '../rest-client/errors.js';
import type { HttpAnswer } from '../rest-client/http-answer.js';
import { isWithin, type Http } from '../rest-client/http-over.js';
import { narrowed, object, WrongShape } from '../rest-client/narrow.js';
import { printable } from '../rest-client/printable.js';

/** The parts of a server's metadata (RFC 8414 §2, RFC 8628 §4) that a login needs. All below the server's URL. */
export interface ServerMetadata {
  deviceAuthorizationEndpoint: string;
  tokenEndpoint: string;
  /** `undefined` when the server cannot revoke tokens. */
  revocationEndpoint: string | undefined;
}

/** Where OpenID providers that predate RFC 8414 publish the same document (its §5). */
const openIdConfiguration = '/.well-known/openid-configuration';

/**
 * Asks the server where its endpoints are. Only endpoints below the URL that the person gave are accepted: a token
 * or device code is never sent to another place, whatever the document says.
 *
 * @throws {UserError} the server has no metadata, calls itself otherwise, or offers no device flow
 */
export async function discoverServer(http: Http, signal?: AbortSignal): Promise<ServerMetadata> {
  const { serverUrl } = http;
  const get = (path: string) => http.request({ method: 'GET', url: serverUrl + path, signal });
  const answer = (await found(get(paths.authorizationServerMetadata))) ?? (await found(get(openIdConfiguration)));
  if (answer === undefined) {
    throw new UserError(`${serverUrl} is no server that one can log in to: it publishes no OAuth metadata.`, {
      remedy: 'Check the address; nxkey needs the URL of an nxkey server.',
    });
  }

  const metadata = narrowed(serverUrl, 'its OAuth metadata', () => object(answer.body, 'the answer'));
  checkIssuer(serverUrl, metadata['issuer']);
  const endpoint = (name: string) =>
    narrowed(serverUrl, 'its OAuth metadata', () => endpointUrl(serverUrl, metadata[name], name));

  const deviceAuthorizationEndpoint = endpoint('device_authorization_endpoint');
  const tokenEndpoint = endpoint('token_endpoint');
  if (deviceAuthorizationEndpoint === undefined || tokenEndpoint === undefined) {
    throw new UserError(`${serverUrl} does not offer the login for command-line programs (OAuth device flow).`, {
      remedy: `Make a token on its website, then run: npx nxkey login ${serverUrl} --with-token`,
    });
  }
  return { deviceAuthorizationEndpoint, tokenEndpoint, revocationEndpoint: endpoint('revocation_endpoint') };
}

/** `undefined` for 404, in whatever content type it came. */
async function found(request: Promise<HttpAnswer>): Promise<HttpAnswer | undefined> {
  try {
    const answer = await request;
    return answer.status < 300 ? answer : undefined;
  } catch (error) {
    if (error instanceof UnexpectedAnswer && error.status === 404) return undefined;
    throw error;
  }
}

/** RFC 8414 §3.3: metadata of another issuer than the one that was asked must not be used. */
function checkIssuer(serverUrl: string, issuer: unknown): void {
  const parsed = typeof issuer === 'string' ? parseServerUrl(issuer) : { ok: false as const };
  if (parsed.ok && parsed.url === serverUrl) return;
  const name = parsed.ok ? printable(parsed.url) : 'something else';
  throw new UserError(`The server at ${serverUrl} calls itself ${name}; it may be another one than you mean.`, {
    remedy: parsed.ok
      ? `If you trust it, use that address: npx nxkey login ${name}. If it is your server, correct its public URL.`
      : 'If it is your server, correct its public URL.',
  });
}

function endpointUrl(serverUrl: string, value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !URL.canParse(value)) throw new WrongShape(`${name} is not a URL`);
  const url = new URL(value);
  if (!isWithin(serverUrl, url)) throw new WrongShape(`${name} is elsewhere, at ${printable(url.origin)}`);
  return url.href;
}
