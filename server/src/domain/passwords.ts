import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { RefusedChange } from './refused-change.js';

/** scrypt's parameters (RFC 7914): memory is `128 * n * r` bytes. */
export interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

/** OWASP's Password Storage Cheat Sheet lists N=2^15, r=8, p=3 as one of its equally strong choices: 32 MiB each. */
export const defaultScryptCost: ScryptCost = { n: 2 ** 15, r: 8, p: 3 };

export const passwordRules = { minLength: 12, maxLength: 256 } as const;

/** Why a password cannot be taken, as a sentence; `null` when it can. Length only, as NIST SP 800-63B advises. */
export function passwordProblem(password: string): string | null {
  if (password.length < passwordRules.minLength)
    return `The password has to have at least ${passwordRules.minLength} characters.`;
  if (password.length > passwordRules.maxLength)
    return `The password may have at most ${passwordRules.maxLength} characters.`;
  return null;
}

export interface PasswordHasher {
  /** `scrypt$n$r$p$salt$hash`: the parameters are kept with each hash, so that they can be raised later. */
  hash(password: string): Promise<string>;
  /** @param hash `null` for no such user: takes just as long, so that nobody learns who has an account */
  verify(password: string, hash: string | null): Promise<boolean>;
}

/** @param concurrency how many hashes are computed at once; each takes a thread and its memory, the others wait */
export function createPasswordHasher(cost: ScryptCost = defaultScryptCost, concurrency = 2): PasswordHasher {
  const limited = limitConcurrency(concurrency);
  const derive = (password: string, salt: Buffer, parameters: ScryptCost) =>
    limited(() => deriveKey(password, salt, parameters));
  const dummy = { cost, salt: randomBytes(saltLength), key: randomBytes(keyLength) };

  return {
    async hash(password) {
      const salt = randomBytes(saltLength);
      const key = await derive(password, salt, cost);
      return ['scrypt', cost.n, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
    },
    async verify(password, hash) {
      const known = hash === null ? dummy : parseHash(hash);
      const key = await derive(password, known.salt, known.cost);
      return timingSafeEqual(key, known.key) && hash !== null;
    },
  };
}

const saltLength = 16;
const keyLength = 32;

function deriveKey(password: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  // The same password typed on two systems may arrive in two Unicode forms.
  const normalized = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(normalized, salt, keyLength, { N: n, r, p, maxmem: 256 * n * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function parseHash(hash: string): { cost: ScryptCost; salt: Buffer; key: Buffer } {
  const [scheme, n, r, p, salt, key] = hash.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined)
    throw new Error('a stored password hash is damaged');
  return {
    cost: { n: Number(n), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // A slot is handed over, not freed and taken again, so nobody can slip in between.
    if (running < limit) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Where `start --no-passwords` says that people sign in with an identity elsewhere, and with that alone. */
export function passwordsAreOff(): RefusedChange {
  return new RefusedChange('forbidden', 'Passwords are switched off on this server. Sign in the other way it offers.');
}
