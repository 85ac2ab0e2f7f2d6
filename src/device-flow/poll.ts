import { deviceCodeGrantType } from '../protocol/oauth.js';
import { ServerUnreachable, UnexpectedAnswer } from '../rest-client/errors.js';
import type { HttpAnswer } from '../rest-client/http-answer.js';
import type { Http } from '../rest-client/http-over.js';
import { identifier, narrowed, object, oneOf, WrongShape } from '../rest-client/narrow.js';
import { oauthError } from './oauth-error.js';

/** What one question "is it approved yet?" came to (RFC 8628 §3.5). */
export type DevicePoll =
  | { kind: 'granted'; accessToken: string }
  | { kind: 'pending' }
  | { kind: 'slow-down' }
  | { kind: 'denied' }
  | { kind: 'expired' }
  /** The server does not know the code (any more) or the client: asking again cannot help. */
  | { kind: 'rejected'; reason: string }
  /** Nothing answered; perhaps the next time. */
  | { kind: 'unreachable'; error: ServerUnreachable }
  /** Something answered that is no token endpoint in good health; perhaps the next time. */
  | { kind: 'broken'; error: UnexpectedAnswer };

export interface PollRequest {
  endpoint: string;
  clientId: string;
  deviceCode: string;
  signal: AbortSignal;
}

/** Shorter than other requests: a poll that hangs delays the good news. */
const pollTimeoutMs = 10_000;

/** One poll. Bad answers are values, not exceptions. @throws {Cancelled} the signal was aborted */
export async function pollOnce(http: Http, request: PollRequest): Promise<DevicePoll> {
  const { endpoint, clientId, deviceCode, signal } = request;
  try {
    const answer = await http.request({
      method: 'POST',
      url: endpoint,
      form: { grant_type: deviceCodeGrantType, device_code: deviceCode, client_id: clientId },
      signal,
      timeoutMs: pollTimeoutMs,
    });
    return answer.status < 300 ? granted(http.serverUrl, answer.body) : refused(http.serverUrl, answer);
  } catch (error) {
    if (error instanceof ServerUnreachable) return { kind: 'unreachable', error };
    if (!(error instanceof UnexpectedAnswer)) throw error;
    // Not in RFC 8628, but what a rate limit in front of the server says.
    return error.status === 429 ? { kind: 'slow-down' } : { kind: 'broken', error };
  }
}

function granted(serverUrl: string, body: unknown): DevicePoll {
  return narrowed(serverUrl, 'the token', () => {
    const answer = object(body, 'the answer');
    const type = answer['token_type'];
    // RFC 6749 §5.1: required, and not case-sensitive.
    oneOf(typeof type === 'string' ? type.toLowerCase() : type, 'token_type', ['bearer']);
    return { kind: 'granted', accessToken: identifier(answer['access_token'], 'access_token') };
  });
}

function refused(serverUrl: string, { status, body }: HttpAnswer): DevicePoll {
  const { code, description } = oauthError(body);
  switch (code) {
    case 'authorization_pending':
      return { kind: 'pending' };
    case 'slow_down':
      return { kind: 'slow-down' };
    case 'access_denied':
      return { kind: 'denied' };
    case 'expired_token':
      return { kind: 'expired' };
    case '':
      return narrowed(serverUrl, 'the token', () => {
        throw new WrongShape(`status ${status} without an OAuth error code`);
      });
    case 'server_error':
    case 'temporarily_unavailable':
      return {
        kind: 'broken',
        error: new UnexpectedAnswer(`${serverUrl} failed to answer (${code}). ${description}`.trim(), {
          remedy: 'Try again in a moment. If it goes on, tell whoever runs the server.',
          status,
        }),
      };
    default:
      return { kind: 'rejected', reason: description === '' ? code : `${code}: ${description}` };
  }
}
