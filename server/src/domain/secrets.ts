import { createHmac, hash, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { base62, formatToken, randomPartLength, type TokenKind } from '../../../src/protocol/tokens.js';

export function newId(): string {
  return randomUUID();
}

/**
 * An id that sorts by when it was made, also among those of one millisecond: a UUID of version 7 that tells the time to
 * a quarter of a microsecond (RFC 9562 §5.7, §6.2 method 3).
 */
export function newSortableId(): string {
  const now = performance.timeOrigin + performance.now();
  const milliseconds = Math.floor(now).toString(16).padStart(12, '0');
  const fraction = Math.floor((now % 1) * 0x1000)
    .toString(16)
    .padStart(3, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${fraction}${randomUUID().slice(18)}`;
}

/** A new token: 178 random bits, shown once and then known only by its hash. */
export function newToken(kind: TokenKind): string {
  return formatToken(kind, randomText(base62, randomPartLength));
}

/** 256 random bits, fit for a URL or a cookie: device codes, sessions, invitations. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** 24 lower-case hex characters. No secret: it opens nothing by itself. */
export function newNxCloudId(): string {
  return randomBytes(12).toString('hex');
}

/**
 * How a secret is kept at rest. Plain SHA-256 is enough for 178 random bits and more: there is nothing to guess, so
 * nothing a slow hash could slow down.
 */
export function hashSecret(secret: string): string {
  // Half the time of createHash(), on every request to the cache.
  return hash('sha256', secret, 'hex');
}

/** A value that follows from a secret for one purpose, without giving the secret away. */
export function deriveSecret(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('base64url');
}

export function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function randomText(alphabet: string, length: number): string {
  // randomInt() is free of the bias that `random byte % 62` would have.
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
