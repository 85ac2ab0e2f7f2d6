import * as client from 'openid-client';
import { isLoopback } from '../../../src/protocol/server-url.js';
import { ProviderUnavailable, type IdentityProvider } from '../domain/identities/provider.js';
import { normalizeEmail } from '../domain/names.js';
import { createSeal } from '../domain/seal.js';
import { githubAddresses } from '../github/addresses.js';
import { signInFailure } from './failures.js';

export interface GithubProviderOptions {
  /** `https://github.com`, or that of a GitHub Enterprise Server. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** How long GitHub may take to answer. */
  timeoutSeconds?: number;
}

const defaultTimeoutSeconds = 10;

/**
 * GitHub is no OpenID Connect provider for people: it has OAuth, and an API that says whose token it is. That token is
 * used for this one question and never kept; what somebody may do follows from the GitHub App's own view.
 */
export function createGithubProvider({
  url,
  clientId,
  clientSecret,
  timeoutSeconds = defaultTimeoutSeconds,
}: GithubProviderOptions): IdentityProvider {
  const name = 'GitHub';
  const { apiUrl, authorizationUrl, tokenUrl } = githubAddresses(url);
  const config = new client.Configuration(
    {
      // What GitHub sends as `iss`, where it does (RFC 9207).
      issuer: `${url}/login/oauth`,
      authorization_endpoint: authorizationUrl,
      token_endpoint: tokenUrl,
    },
    clientId,
    { client_secret: clientSecret },
    client.ClientSecretPost(clientSecret),
  );
  config.timeout = timeoutSeconds;
  config[client.customFetch] = async (address, request) => withHonestStatus(await fetch(address, request));
  // Marked as deprecated to be noticed; loopback is the one place where it is meant to be used.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (isLoopback(new URL(url).hostname)) client.allowInsecureRequests(config);

  async function ask(accessToken: string, path: string): Promise<unknown> {
    const headers = new Headers({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
    const response = await client.fetchProtectedResource(
      config,
      accessToken,
      new URL(apiUrl + path),
      'GET',
      undefined,
      headers,
    );
    const answer: unknown = await response.json();
    if (!response.ok) throw new ProviderUnavailable(`${name} answered ${path} with ${response.status}.`);
    return answer;
  }

  /** `null` also where the GitHub App has no permission to read e-mail addresses. */
  async function verifiedEmail(accessToken: string): Promise<string | null> {
    let answer: unknown;
    try {
      answer = await ask(accessToken, '/user/emails');
    } catch {
      return null;
    }
    if (!Array.isArray(answer)) return null;
    const addresses = answer.map(record).filter(({ verified }) => verified === true);
    const { email } = addresses.find(({ primary }) => primary === true) ?? addresses[0] ?? {};
    return typeof email === 'string' ? normalizeEmail(email) : null;
  }

  return {
    key: 'github',
    name,
    issuer: url,
    groupRoles: [],
    cookieSeal: createSeal(clientSecret, 'sign-in cookie'),
    refreshTokenSeal: createSeal(clientSecret, 'refresh token'),

    async begin(redirectUri) {
      const proof = { state: client.randomState(), nonce: null, codeVerifier: client.randomPKCECodeVerifier() };
      const address = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        state: proof.state,
        code_challenge: await client.calculatePKCECodeChallenge(proof.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: address.href, proof };
    },

    async finish(callback, { state, codeVerifier }) {
      try {
        const checks = { expectedState: state, pkceCodeVerifier: codeVerifier };
        const { access_token: accessToken } = await client.authorizationCodeGrant(config, callback, checks);
        const { id, login, name: personName } = record(await ask(accessToken, '/user'));
        if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof login !== 'string') {
          throw new ProviderUnavailable(`${name} did not say who the person is.`);
        }
        return {
          issuer: url,
          subject: String(id),
          label: login,
          name: typeof personName === 'string' ? personName : null,
          email: await verifiedEmail(accessToken),
          groups: [],
          refreshToken: null,
        };
      } catch (error) {
        throw error instanceof ProviderUnavailable ? error : signInFailure(name, error);
      }
    },

    check() {
      // Never asked: no refresh token is kept. Who has left is known from the organizations that are connected.
      return Promise.reject(new ProviderUnavailable(`${name} cannot be asked about a login.`));
    },
  };
}

/** GitHub answers a refused code with 200, where RFC 6749 §5.2 has 400; openid-client goes by the standard. */
async function withHonestStatus(response: Response): Promise<Response> {
  if (response.status !== 200 || response.headers.get('content-type')?.includes('json') !== true) return response;
  const text = await response.text();
  const isError = typeof record(parse(text))['error'] === 'string';
  return new Response(text, { status: isError ? 400 : 200, headers: { 'content-type': 'application/json' } });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
