import type { Seal } from '../seal.js';
import type { GroupRole } from './group-roles.js';

/** Stands in the addresses of our pages, and in the audit log. */
export const providerKeys = ['github', 'oidc'] as const;
export type ProviderKey = (typeof providerKeys)[number];

/**
 * Somebody else who knows who people are: GitHub, or an OpenID Connect provider. `server/src/identity-providers/` asks
 * them for real. Every method may throw a `ProviderUnavailable`, and then nothing is known that was not known before.
 */
export interface IdentityProvider {
  readonly key: ProviderKey;
  /** What people call it: on buttons, in sentences, and in the audit log. */
  readonly name: string;
  /** The first half of every identity of this provider. */
  readonly issuer: string;
  /** Which groups make people what in which organization; none at GitHub, whose organizations are connected instead. */
  readonly groupRoles: readonly GroupRole[];
  /** For what this server lets the browser keep while somebody is at the provider. */
  readonly cookieSeal: Seal;
  readonly refreshTokenSeal: Seal;
  /** Where the browser goes, and what it has to be able to show when it comes back. */
  begin(redirectUri: string): Promise<{ url: string; proof: SignInProof }>;
  /**
   * Who came back.
   *
   * @param callback the whole address that the browser came back to
   * @throws {SignInRejected}
   */
  finish(callback: URL, proof: SignInProof): Promise<ProvenIdentity>;
  /**
   * Whether somebody may still sign in, and what groups they are in now. Uses the refresh token up, if the provider
   * gives another one for it.
   *
   * @throws {LoginRefused} when the provider said that they may not
   */
  check(subject: string, refreshToken: string): Promise<ProvenIdentity>;
}

/** What ties an answer of the provider to the browser that asked. `nonce` only for OpenID Connect. */
export interface SignInProof {
  state: string;
  nonce: string | null;
  codeVerifier: string;
}

/** Who somebody is at a provider, in this moment, by the provider's own word. */
export interface ProvenIdentity {
  issuer: string;
  subject: string;
  /** How people recognize it: GitHub's login, or an e-mail address. */
  label: string;
  /** A person's name, of whatever form. */
  name: string | null;
  /** In lower case; only one that the provider has made sure of. */
  email: string | null;
  groups: readonly string[];
  refreshToken: string | null;
}

/**
 * - `denied`: the person, or the provider, said no
 * - `not-begun`: it was not begun in this browser, or too long ago, or another one was begun since
 * - `used`: the code was used already, is too old, or belongs to another sign-in
 * - `not-valid`: what the provider answered proves nothing
 */
export type RejectionReason = 'denied' | 'not-begun' | 'used' | 'not-valid';

/** Somebody came back from a provider, and that proves nothing. The message is for the log and holds no secret. */
export class SignInRejected extends Error {
  override readonly name = 'SignInRejected';
  readonly reason: RejectionReason;
  constructor(reason: RejectionReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The provider said that somebody may not sign in any more. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';
}

/** The provider did not answer, or not as one. The message is for the log, a sentence, and holds no secret. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
}
