import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { formatToken, maskToken, tokenShape } from '../../src/protocol/tokens.js';
import { recordToken } from '../support/ledger.js';

const randomPart = 'abcdefghij0123456789ABCDEFGHIJ';

describe('the form of a token', () => {
  it.each(['personal', 'ci'] as const)('is recognized for a %s token', (kind) => {
    const token = formatToken(kind, randomPart);
    expect(token).toMatch(/^nx[pc]_[A-Za-z0-9]{36}$/);
    expect(tokenShape(token)).toEqual({ kind });
  });

  it('has the CRC-32 of what precedes as its last six characters', () => {
    // crc32('nxp_' + randomPart) as zlib computes it, in Base62.
    const expected = base62Of(zlibCrc32(`nxp_${randomPart}`));
    expect(formatToken('personal', randomPart).slice(-6)).toBe(expected);
  });

  it('tells a mistyped token from an unknown one', () => {
    const token = formatToken('personal', randomPart);
    expect(tokenShape(token.replace('a', 'b'))).toEqual({ kind: 'mistyped' });
    expect(tokenShape(token.slice(0, -1))).toEqual({ kind: 'mistyped' });
    expect(tokenShape(`${token}x`)).toEqual({ kind: 'mistyped' });
    expect(tokenShape('something else')).toEqual({ kind: 'unknown' });
    expect(tokenShape('')).toEqual({ kind: 'unknown' });
  });

  it.each([
    ['read-write', 'read-write'],
    ['read-only', 'read-only'],
    ['read', 'read-only'],
  ])('is recognized for a committed Nx Cloud token that ends in |%s', (ending, accessLevel) => {
    const token = btoa(`083cd32b-8a05-4ebf-8d05-cbb68ea441d6|${ending}`);
    expect(tokenShape(token)).toEqual({ kind: 'legacy-ci', accessLevel });
  });

  it.each([
    'no uuid in here but just as long as one is|read-write',
    '083cd32b-8a05-4ebf-8d05-cbb68ea441d6|admin-admin',
    '083cd32b-8a05-4ebf-8d05-cbb68ea441d6|read-write-more',
  ])('is unknown for base64 of %j', (content) => {
    expect(tokenShape(btoa(content))).toEqual({ kind: 'unknown' });
  });
});

describe('a masked token', () => {
  it.each([formatToken('personal', randomPart), btoa('083cd32b-8a05-4ebf-8d05-cbb68ea441d6|read'), 'short', ''])(
    'shows at most a quarter of %j',
    (token) => {
      if (token.length > 20) recordToken(token);
      const masked = maskToken(token);
      expect(masked.endsWith('…')).toBe(true);
      expect(masked.length - 1).toBeLessThanOrEqual(token.length / 4);
      expect(token.startsWith(masked.slice(0, -1))).toBe(true);
    },
  );
});

function zlibCrc32(text: string): number {
  // An independent computation: the trailer of a gzip stream is the CRC-32 of its content (RFC 1952 §2.3.1).
  const trailer = gzipSync(text).subarray(-8);
  return trailer.readUInt32LE(0);
}

function base62Of(value: number): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let text = '';
  for (let i = 0; i < 6; i++) {
    text = digits.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}
