import { createHash } from 'node:crypto';
import { recordToken } from '../../../../test/support/ledger.js';
import { secret, type Credentials } from './credentials.js';
import type { DoubleUser } from './world.js';

interface PendingCode {
  user: DoubleUser;
  redirectUri: string;
  challenge: string | null;
  expiresAt: number;
}

export type PageAnswer = { status: number; headers: Record<string, string>; body: string };

const codeMs = 600_000;
const userTokenSeconds = 28_800;

/** The two pages of GitHub through which somebody signs in elsewhere ("Generating a user access token"). */
export class SignIn {
  /** Who sits at the browser; `null` for somebody who says no. Tests choose. */
  user: DoubleUser | null = null;
  /** Where people may be sent back to. Any address, as long as this is empty. */
  callbackUrls: string[] = [];
  #codes = new Map<string, PendingCode>();
  readonly #credentials: Credentials;
  readonly #now: () => number;

  constructor(credentials: Credentials, now: () => number) {
    this.#credentials = credentials;
    this.#now = now;
  }

  /** `GET /login/oauth/authorize`, and that the person has said yes. */
  authorize(query: URLSearchParams): PageAnswer {
    const redirectUri = query.get('redirect_uri') ?? this.callbackUrls[0] ?? '';
    if (query.get('client_id') !== this.#credentials.app.clientId) return page(404, 'Not Found');
    if (!URL.canParse(redirectUri) || !this.#isRegistered(redirectUri)) {
      return page(400, 'Be careful! The redirect_uri is not associated with this application.');
    }
    const back = new URL(redirectUri);
    const state = query.get('state');
    const method = query.get('code_challenge_method');
    if (this.user === null) {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', 'The user has denied your application access.');
    } else if (query.has('code_challenge') && method !== 'S256') {
      back.searchParams.set('error', 'invalid_request');
    } else {
      const code = secret('code');
      recordToken(code);
      const challenge = query.get('code_challenge');
      this.#codes.set(code, { user: this.user, redirectUri, challenge, expiresAt: this.#now() + codeMs });
      back.searchParams.set('code', code);
    }
    if (state !== null) back.searchParams.set('state', state);
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  /** `POST /login/oauth/access_token`. Failures have the status 200 too; JSON is for those who ask for it. */
  exchange(form: URLSearchParams, accept: string | undefined): PageAnswer {
    const fields = this.#exchanged(form);
    if (accept?.includes('application/json') === true) {
      return {
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(fields),
      };
    }
    const text = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams(text).toString(),
    };
  }

  #exchanged(form: URLSearchParams): Record<string, string | number> {
    const { clientId, clientSecret } = this.#credentials.app;
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return failure('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.');
    }
    const code = form.get('code') ?? '';
    const pending = this.#codes.get(code);
    this.#codes.delete(code);
    if (pending === undefined || pending.expiresAt <= this.#now()) {
      return failure('bad_verification_code', 'The code passed is incorrect or expired.');
    }
    if ((form.get('redirect_uri') ?? pending.redirectUri) !== pending.redirectUri) {
      return failure(
        'redirect_uri_mismatch',
        'The redirect_uri MUST match the registered callback URL for this application.',
      );
    }
    const verifier = form.get('code_verifier') ?? '';
    if (pending.challenge !== null && createHash('sha256').update(verifier).digest('base64url') !== pending.challenge) {
      return failure('bad_verification_code', 'The code passed is incorrect or expired.');
    }
    const refreshToken = secret('ghr');
    recordToken(refreshToken);
    return {
      access_token: this.#credentials.issueUserToken(pending.user, userTokenSeconds),
      expires_in: userTokenSeconds,
      refresh_token: refreshToken,
      refresh_token_expires_in: 15_897_600,
      token_type: 'bearer',
      scope: '',
    };
  }

  #isRegistered(redirectUri: string): boolean {
    return this.callbackUrls.length === 0 || this.callbackUrls.includes(redirectUri);
  }
}

function failure(error: string, description: string): Record<string, string> {
  return { error, error_description: description, error_uri: 'https://docs.github.com/apps' };
}

function page(status: number, body: string): PageAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
