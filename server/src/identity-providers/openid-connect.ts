import * as client from 'openid-client';
import { isLoopback } from '../../../src/protocol/server-url.js';
import type { GroupRole } from '../domain/identities/group-roles.js';
import {
  LoginRefused,
  ProviderUnavailable,
  SignInRejected,
  type IdentityProvider,
  type ProvenIdentity,
} from '../domain/identities/provider.js';
import { normalizeEmail } from '../domain/names.js';
import { createSeal } from '../domain/seal.js';
import { isRefusal, signInFailure, unavailable } from './failures.js';

export interface OpenIdConnectOptions {
  /** https, or http on loopback. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  name: string;
  /** `null`: what is needed, and with it refresh tokens where the provider names a scope for them. */
  scope: string | null;
  /** What some providers want beside the standard's parameters when the browser is sent there. */
  parameters: Readonly<Record<string, string>>;
  groupsClaim: string;
  groupRoles: readonly GroupRole[];
  /** Whether an e-mail address counts as made sure of when the provider does not say. */
  trustEmail: boolean;
}

const timeoutSeconds = 10;
const defaultScopes = ['openid', 'profile', 'email'];

/** An OpenID Connect provider. It is first asked when somebody signs in, so a server starts without it. */
export function createOpenIdConnectProvider(options: OpenIdConnectOptions): IdentityProvider {
  const { name, clientSecret, groupRoles } = options;
  const issuer = options.issuer.replace(/\/+$/, '');
  let discovered: Promise<client.Configuration> | undefined;

  /** Once; after a failure again. */
  async function configuration(): Promise<client.Configuration> {
    discovered ??= discover(options);
    try {
      return await discovered;
    } catch (error) {
      discovered = undefined;
      throw unavailable(name, error);
    }
  }

  async function prove(
    config: client.Configuration,
    tokens: client.TokenEndpointResponse,
    idToken: Claims,
    subject: string,
  ): Promise<ProvenIdentity> {
    const { groupsClaim } = options;
    const wantsGroups = groupRoles.some(({ group }) => group !== '*');
    const isComplete = idToken['email'] !== undefined && (!wantsGroups || idToken[groupsClaim] !== undefined);
    const hasMore = config.serverMetadata().userinfo_endpoint !== undefined && tokens.access_token !== '';
    const more: Claims = isComplete || !hasMore ? {} : await client.fetchUserInfo(config, tokens.access_token, subject);
    const claims: Claims = { ...more, ...idToken };
    const isVerified =
      isTrue(claims['email_verified']) || (claims['email_verified'] === undefined && options.trustEmail);
    const email = text(claims['email']);
    return {
      issuer,
      subject,
      label: email ?? text(claims['preferred_username']) ?? subject,
      name: text(claims['name']),
      email: email !== null && isVerified ? normalizeEmail(email) : null,
      groups: groupNames(claims[groupsClaim]),
      refreshToken: tokens.refresh_token ?? null,
    };
  }

  return {
    key: 'oidc',
    name,
    issuer,
    groupRoles,
    cookieSeal: createSeal(clientSecret, 'sign-in cookie'),
    refreshTokenSeal: createSeal(clientSecret, 'refresh token'),

    async begin(redirectUri) {
      const config = await configuration();
      const proof = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        ...options.parameters,
        redirect_uri: redirectUri,
        scope: options.scope ?? scopeFor(config),
        state: proof.state,
        nonce: proof.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(proof.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, proof };
    },

    async finish(callback, { state, nonce, codeVerifier }) {
      const config = await configuration();
      try {
        const tokens = await client.authorizationCodeGrant(config, callback, {
          expectedState: state,
          ...(nonce === null ? {} : { expectedNonce: nonce }),
          idTokenExpected: true,
          pkceCodeVerifier: codeVerifier,
        });
        const claims = tokens.claims();
        // Some multi-tenant issuers have openid-client accept the tokens of all their tenants.
        if (claims === undefined || claims.iss.replace(/\/+$/, '') !== issuer) {
          throw new SignInRejected('not-valid', `${name} answered with an ID token of another issuer.`);
        }
        return await prove(config, tokens, claims, claims.sub);
      } catch (error) {
        throw error instanceof SignInRejected ? error : signInFailure(name, error);
      }
    },

    async check(subject, refreshToken) {
      const config = await configuration();
      try {
        const tokens = await client.refreshTokenGrant(config, refreshToken);
        const claims = tokens.claims();
        if (claims !== undefined && (claims.sub !== subject || claims.iss.replace(/\/+$/, '') !== issuer)) {
          throw new ProviderUnavailable(`${name} answered with the ID token of somebody else.`);
        }
        return await prove(config, tokens, claims ?? {}, subject);
      } catch (error) {
        if (isRefusal(error)) throw new LoginRefused(`${name} refused the refresh token.`);
        throw error instanceof ProviderUnavailable ? error : unavailable(name, error);
      }
    },
  };
}

type Claims = Readonly<Record<string, unknown>>;

async function discover({ issuer, clientId, clientSecret }: OpenIdConnectOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  const onLoopback = url.protocol === 'http:' && isLoopback(url.hostname);
  const config = await client.discovery(
    url,
    clientId,
    { client_secret: clientSecret },
    (server, ...rest) => {
      // RFC 6749 §2.3.1 has every provider take the first; only one that names its methods may leave it out.
      const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      const authenticate = methods.includes('client_secret_basic') ? client.ClientSecretBasic : client.ClientSecretPost;
      authenticate(clientSecret)(server, ...rest);
    },
    // The rule is marked as deprecated to be noticed; loopback is the one place where it is meant to be used.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    { timeout: timeoutSeconds, execute: onLoopback ? [client.allowInsecureRequests] : [] },
  );
  // The connection to the provider proves where an ID token comes from; its signature is checked nevertheless.
  client.enableNonRepudiationChecks(config);
  return config;
}

/** With a refresh token the server can ask whether somebody may still sign in (OpenID Connect Core §11). */
function scopeFor(config: client.Configuration): string {
  const offline = config.serverMetadata().scopes_supported?.includes('offline_access') === true;
  return [...defaultScopes, ...(offline ? ['offline_access'] : [])].join(' ');
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** Some providers send the word. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** A claim that is missing, or of another form, is no group: who is in none has nothing to lose by it. */
function groupNames(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((group) => typeof group === 'string');
}
