import { UserError } from '../errors.js';
import { UnexpectedAnswer } from '../rest-client/errors.js';
import type { Http } from '../rest-client/http-over.js';
import { oauthError } from './oauth-error.js';

export interface Revocation {
  /** `undefined` when the server has none. */
  endpoint: string | undefined;
  clientId: string;
  token: string;
  /** RFC 7009 §2.1 lets servers define hints; `device_code` is ours. Servers that do not know one ignore it. */
  hint: 'access_token' | 'device_code';
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

/**
 * Makes a token worthless (RFC 7009). A token that the server does not know counts as revoked (its §2.2).
 * @throws {UserError} nothing was revoked: no answer, a refusal, or a server that cannot revoke
 */
export async function revokeToken(http: Http, revocation: Revocation): Promise<void> {
  const { endpoint, clientId, token, hint, ...limits } = revocation;
  const remedy = `Revoke the token on the website: ${http.serverUrl}`;
  if (endpoint === undefined) {
    throw new UserError(`${http.serverUrl} offers programs no way to revoke a token.`, { remedy });
  }

  const { status, body } = await http.request({
    method: 'POST',
    url: endpoint,
    form: { token, token_type_hint: hint, client_id: clientId },
    ...limits,
  });
  if (status < 300) return;
  const { code, description } = oauthError(body);
  const reason = code || `status ${status}`;
  const message = `${http.serverUrl} refused to revoke the token (${reason}). ${description}`;
  throw new UnexpectedAnswer(message.trim(), { remedy, status });
}
