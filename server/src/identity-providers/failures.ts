import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { ProviderUnavailable, SignInRejected } from '../domain/identities/provider.js';

/** Errors that say something about the provider or this server's registration there, and nothing about the person. */
const atProvider: readonly string[] = ['server_error', 'temporarily_unavailable'];

/** GitHub has a name of its own for RFC 6749's `invalid_grant`. */
const usedCode: readonly string[] = ['invalid_grant', 'bad_verification_code'];

/** What is proved to be wrong with an answer, by openid-client; anything else of it is that there was none. */
const notValid: readonly string[] = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
];

/** What openid-client threw while somebody came back, in words of the domain. */
export function signInFailure(name: string, error: unknown): Error {
  if (error instanceof AuthorizationResponseError && !atProvider.includes(error.error)) {
    return new SignInRejected('denied', `${name} answered ${safeCode(error.error)}.`);
  }
  if (error instanceof ResponseBodyError && usedCode.includes(error.error)) {
    return new SignInRejected('used', `${name} answered ${safeCode(error.error)}.`);
  }
  if (error instanceof ClientError && notValid.includes(error.code ?? '')) {
    return new SignInRejected('not-valid', `What ${name} answered proves nothing: ${describe(error)}.`);
  }
  return unavailable(name, error);
}

/** @returns `true` for the refusal of a refresh token (RFC 6749 §5.2) */
export function isRefusal(error: unknown): boolean {
  return error instanceof ResponseBodyError && error.error === 'invalid_grant';
}

export function unavailable(name: string, error: unknown): ProviderUnavailable {
  return new ProviderUnavailable(`${name} does not answer as it should: ${describe(error)}.`);
}

/** Never the whole error: what openid-client remembers as its cause are answers with tokens in them. */
function describe(error: unknown): string {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) return safeCode(error.error);
  if (!(error instanceof Error)) return 'an unknown failure';
  const { cause } = error;
  const because = cause instanceof Error && cause.message !== error.message ? ` (${cause.message})` : '';
  return error.message + because;
}

/** Somebody else has written it, perhaps into an address. */
function safeCode(code: string): string {
  return /^[a-z_]{1,60}$/.test(code) ? code : 'an error of no known form';
}
