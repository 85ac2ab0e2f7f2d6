import { generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { isObject } from '../../../../src/rest-client/narrow.js';
import { recordToken } from '../../../../test/support/ledger.js';
import type { DoubleInstallation, DoubleUser } from './world.js';

/** The GitHub App that is registered at this GitHub: what an administrator gives to nxkey. */
export interface DoubleApp {
  id: number;
  slug: string;
  /** PEM in the form in which GitHub gives it out (PKCS#1). */
  privateKey: string;
  webhookSecret: string;
  clientId: string;
  clientSecret: string;
}

export type Bearer =
  | { kind: 'app' }
  | { kind: 'installation'; installation: DoubleInstallation }
  | { kind: 'user'; user: DoubleUser }
  | { kind: 'refused'; message: string };

const tokenSeconds = 3600;

// One for all doubles in a process: keys are slow to make, and a stranger's key is another one anyway.
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Issues credentials and knows them again: of the App, of its installations, of people who have signed in. */
export class Credentials {
  readonly app: DoubleApp = {
    id: 4711,
    slug: 'nxkey-test',
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    webhookSecret: secret('whsec'),
    clientId: 'Iv23liDoubleOfGithub',
    clientSecret: secret('clientsecret'),
  };
  #tokens = new Map<string, { bearer: Bearer; expiresAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    recordToken(this.app.webhookSecret);
    recordToken(this.app.clientSecret);
  }

  issueInstallationToken(installation: DoubleInstallation): { token: string; expiresAt: number } {
    return this.#issue('ghs', { kind: 'installation', installation }, tokenSeconds);
  }

  issueUserToken(user: DoubleUser, seconds: number): string {
    return this.#issue('ghu', { kind: 'user', user }, seconds).token;
  }

  /** All that were issued are worth nothing from now on, as if GitHub had forgotten them. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  read(header: string | undefined): Bearer {
    const [, scheme, token] = /^(bearer|token) (\S+)$/i.exec(header ?? '') ?? [];
    if (scheme === undefined || token === undefined) return { kind: 'refused', message: 'Requires authentication' };
    if (token.includes('.')) return this.#readJwt(token);
    const known = this.#tokens.get(token);
    if (known === undefined || known.expiresAt <= this.#now()) return { kind: 'refused', message: 'Bad credentials' };
    return known.bearer;
  }

  #issue(prefix: string, bearer: Bearer, seconds: number): { token: string; expiresAt: number } {
    const token = secret(prefix);
    recordToken(token);
    const expiresAt = this.#now() + seconds * 1000;
    this.#tokens.set(token, { bearer, expiresAt });
    return { token, expiresAt };
  }

  /** An App signs for itself: RS256, its id as the issuer, and for ten minutes at most. */
  #readJwt(jwt: string): Bearer {
    recordToken(jwt);
    const refused = (message: string): Bearer => ({ kind: 'refused', message });
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const isSigned = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (decoded(header)['alg'] !== 'RS256' || !isSigned) return refused('A JSON web token could not be decoded');
    const { iss, iat, exp } = decoded(payload);
    const now = Math.floor(this.#now() / 1000);
    if (![String(this.app.id), this.app.clientId].includes(String(iss))) return refused('Integration not found');
    if (typeof iat !== 'number' || iat > now) {
      return refused(
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
      );
    }
    if (typeof exp !== 'number' || exp <= now) {
      return refused(
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
      );
    }
    if (exp - now > 600) return refused("'Expiration time' claim ('exp') is too far in the future");
    return { kind: 'app' };
  }
}

export function secret(prefix: string): string {
  return `${prefix}_${randomBytes(18).toString('hex')}`;
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
