import { UserError } from '../errors.js';
import { deviceAuthorizationExtensions } from '../protocol/oauth.js';
import { isLoopback } from '../protocol/server-url.js';
import { UnexpectedAnswer } from '../rest-client/errors.js';
import type { Http } from '../rest-client/http-over.js';
import { identifier, narrowed, number, object, WrongShape } from '../rest-client/narrow.js';
import { printable } from '../rest-client/printable.js';
import { oauthError } from './oauth-error.js';

/** A login that waits for its approval (RFC 8628 §3.2), every field checked. */
export interface DeviceAuthorization {
  /** Secret: whoever has it gets the token. */
  deviceCode: string;
  /** What the person types: visible ASCII, at most 64 characters. */
  userCode: string;
  /** On the server's own host; safe to print and to open. */
  verificationUri: string;
  /** The same with the code filled in; `undefined` when the server gave none. */
  verificationUriComplete: string | undefined;
  /** Seconds from when it was received, 1 to 3600. */
  expiresIn: number;
  /** Seconds between two polls, 1 to 60. */
  interval: number;
}

export interface DeviceAuthorizationRequest {
  endpoint: string;
  clientId: string;
  /** How the token shall be called in the person's list. */
  tokenName: string;
  /** The machine that asks; the approval page shows it. */
  hostName: string;
  signal?: AbortSignal | undefined;
}

/** RFC 8628 §3.5: "If no value is provided, clients MUST use 5 as the default." */
const defaultInterval = 5;

/** @throws {UserError} the server refused, or answered with something that cannot be shown or trusted */
export async function requestDeviceAuthorization(
  http: Http,
  { endpoint, clientId, tokenName, hostName, signal }: DeviceAuthorizationRequest,
): Promise<DeviceAuthorization> {
  const { serverUrl } = http;
  const { status, body } = await http.request({
    method: 'POST',
    url: endpoint,
    form: {
      client_id: clientId,
      [deviceAuthorizationExtensions.tokenName]: tokenName,
      [deviceAuthorizationExtensions.hostName]: hostName,
    },
    signal,
  });
  if (status >= 300) {
    const { code, description } = oauthError(body);
    throw new UnexpectedAnswer(
      `${serverUrl} refused to start a login (${code || `status ${status}`}). ${description}`.trim(),
      { remedy: `Make a token on its website, then run: npx nxkey login ${serverUrl} --with-token`, status },
    );
  }

  const read = narrowed(serverUrl, 'a login code', () => {
    const answer = object(body, 'the answer');
    const complete = answer['verification_uri_complete'];
    return {
      deviceCode: identifier(answer['device_code'], 'device_code'),
      userCode: identifier(answer['user_code'], 'user_code', 64),
      verificationUri: pageUrl(answer['verification_uri'], 'verification_uri'),
      verificationUriComplete: complete === undefined ? undefined : pageUrl(complete, 'verification_uri_complete'),
      expiresIn: lifetime(answer['expires_in']),
      interval: pollInterval(answer['interval']),
    };
  });
  const { verificationUri, verificationUriComplete } = read;
  checkPage(serverUrl, verificationUri);
  if (verificationUriComplete !== undefined) checkPage(serverUrl, verificationUriComplete);
  return { ...read, verificationUri: verificationUri.href, verificationUriComplete: verificationUriComplete?.href };
}

function pageUrl(value: unknown, at: string): URL {
  // The parser percent-encodes what a terminal could take for a command, and turns odd host names into ASCII.
  if (typeof value === 'string' && value.length <= 1024 && URL.canParse(value)) return new URL(value);
  throw new WrongShape(`${at} is not a URL`);
}

/** A person is sent there to type a password, so it must be the server they named, and encrypted as it is. */
function checkPage(serverUrl: string, page: URL): void {
  const server = new URL(serverUrl);
  const encrypted = page.protocol === 'https:' || (page.protocol === 'http:' && isLoopback(page.hostname));
  if (page.hostname === server.hostname && encrypted && page.username === '' && page.password === '') return;

  const reason =
    page.hostname === server.hostname
      ? 'to a page that is not protected by https'
      : `to another host for the approval, ${printable(page.hostname) || 'one without a name'}`;
  throw new UserError(`${serverUrl} wants to send you ${reason}. nxkey does not show you that page.`, {
    remedy: 'Do not log in there. Check the address, and tell whoever runs the server.',
  });
}

/** A code that is never approved must not keep a forgotten terminal polling for days. */
function lifetime(value: unknown): number {
  const seconds = number(value, 'expires_in');
  if (!(seconds > 0)) throw new WrongShape('expires_in is not a positive number');
  return Math.min(Math.max(seconds, 1), 3600);
}

/**
 * Less than a second is not honored, and neither is more than a minute, which would only make the person wait after
 * the approval. What makes no sense counts as missing: nothing is at stake but the pace.
 */
function pollInterval(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) return defaultInterval;
  return Math.min(Math.max(value, 1), 60);
}
