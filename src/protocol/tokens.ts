import type { CiAccessLevel } from './wire-types.js';

/**
 * The text form of tokens (access-model.md, "Tokens"): a prefix, 30 random Base62 characters, and 6 characters of
 * CRC-32 over all that precedes, as GitHub's tokens have it. Scanners can find them, and a mistyped token is told
 * from a revoked one without asking anybody.
 */
export const tokenPrefixes = { personal: 'nxp_', ci: 'nxc_' } as const;
export type TokenKind = keyof typeof tokenPrefixes;

export const randomPartLength = 30;
/** In characters, with the prefix and the checksum. */
export const ownTokenLength = 40;
export const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The whole token for a kind and its 30 random Base62 characters. Making those random is the caller's job. */
export function formatToken(kind: TokenKind, randomPart: string): string {
  const payload = tokenPrefixes[kind] + randomPart;
  return payload + checksum(payload);
}

export type TokenShape =
  | { kind: TokenKind }
  /** A committed Nx Cloud token: base64 of `<uuid>|read-write`, `|read-only` or `|read` (nx-protocol.md §2). */
  | { kind: 'legacy-ci'; accessLevel: CiAccessLevel }
  /** Looks like one of ours, but the checksum says that characters were lost or changed. */
  | { kind: 'mistyped' }
  | { kind: 'unknown' };

/** What a string claims to be. Nothing but its form is looked at: a well-formed token may be unknown or revoked. */
export function tokenShape(text: string): TokenShape {
  for (const kind of ['personal', 'ci'] as const) {
    if (!text.startsWith(tokenPrefixes[kind])) continue;
    const payload = text.slice(0, -checksumLength);
    const wellFormed =
      text.length === tokenPrefixes[kind].length + randomPartLength + checksumLength &&
      /^[A-Za-z0-9]+$/.test(text.slice(tokenPrefixes[kind].length)) &&
      checksum(payload) === text.slice(-checksumLength);
    return wellFormed ? { kind } : { kind: 'mistyped' };
  }
  return legacyShape(text) ?? { kind: 'unknown' };
}

/** A token as people may see it: enough to tell two apart, never enough to use one. */
export function maskToken(token: string): string {
  const visible = tokenShape(token).kind === 'personal' || token.startsWith(tokenPrefixes.ci) ? 8 : 4;
  return `${token.slice(0, Math.min(visible, Math.floor(token.length / 4)))}…`;
}

const legacyPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\|(read-write|read-only|read)$/i;

function legacyShape(text: string): TokenShape | undefined {
  if (!/^[A-Za-z0-9+/]{48,72}={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const access = legacyPattern.exec(atob(text))?.[1];
  if (access === undefined) return undefined;
  return { kind: 'legacy-ci', accessLevel: access === 'read-write' ? 'read-write' : 'read-only' };
}

const checksumLength = 6;

function checksum(payload: string): string {
  let rest = crc32(payload);
  let digits = '';
  for (let i = 0; i < checksumLength; i++) {
    digits = base62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** CRC-32 (ISO 3309, as in zip and in GitHub's tokens) of ASCII text. Node's own `zlib.crc32` came with 22.2. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
