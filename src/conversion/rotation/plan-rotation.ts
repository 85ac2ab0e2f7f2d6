import { tokenShape } from '../../protocol/tokens.js';
import type { CiAccessLevel, CiAccessTokenInfo } from '../../protocol/wire-types.js';

/** One secret in the store of a repository's CI, which holds one CI access token. */
export interface Secret {
  /** The environment variable that CI gives it to jobs in. */
  name: 'NX_CLOUD_ACCESS_TOKEN' | 'NX_CLOUD_ACCESS_TOKEN_READ_ONLY';
  accessLevel: CiAccessLevel;
  /** What its token is listed by at the server. */
  tokenName: string;
  /** The same, until it has been handed over. */
  pendingName: string;
}

export interface RotationPlan {
  /** For each of these a token is made and handed over. */
  missing: readonly Secret[];
  /** Committed tokens that the server knows. These end when CI has its new ones. */
  committed: readonly CiAccessTokenInfo[];
  /** What runs left behind that were killed: perhaps handed over, perhaps not. These end, too. */
  leftOver: readonly CiAccessTokenInfo[];
  /** Other repositories that have tokens in use, which a rotation has handed over. */
  handedToOthers: readonly string[];
}

export interface RotationFacts {
  /** All CI access tokens of the workspace. */
  tokens: readonly CiAccessTokenInfo[];
  /** SHA-256 of each committed token, in hex, and its text's own word on what it may do. */
  committed: readonly { sha256: string; token: string }[];
  /** `owner/name`, where it has one. */
  repository: string | undefined;
  /** Beside the token for protected branches, one for pull requests. */
  readOnlyToo: boolean;
}

/**
 * What is left to do, as it follows from what the server lists: a secret whose token is there under its name has been
 * handed over before, one that is there as pending may have been.
 */
export function planRotation({ tokens, committed, repository, readOnlyToo }: RotationFacts): RotationPlan {
  const isCommitted = ({ sha256 }: CiAccessTokenInfo) => committed.some((token) => token.sha256 === sha256);
  const known = tokens.filter(isCommitted);
  // One that has an end is on its way out: what CI has is another one, or none.
  const inUse = tokens.filter((token) => !isCommitted(token) && token.expiresAt === null);
  const secrets = [
    secret('NX_CLOUD_ACCESS_TOKEN', levelOf(known, committed), repository),
    ...(readOnlyToo ? [secret('NX_CLOUD_ACCESS_TOKEN_READ_ONLY', 'read-only', repository)] : []),
  ];
  return {
    missing: secrets.filter(({ tokenName }) => !inUse.some(({ name }) => name === tokenName)),
    committed: known,
    leftOver: inUse.filter(({ name }) => secrets.some(({ pendingName }) => pendingName === name)),
    handedToOthers: [
      ...new Set(inUse.flatMap(({ name }) => (isOurs(name, secrets) ? [] : (repositoryIn(name) ?? [])))),
    ],
  };
}

/** The most that any of the committed tokens may do: CI can do the same afterwards, and no more. */
function levelOf(known: readonly CiAccessTokenInfo[], committed: RotationFacts['committed']): CiAccessLevel {
  const levels = committed.map(({ sha256, token }) => {
    const shape = tokenShape(token);
    const stated = shape.kind === 'legacy-ci' ? shape.accessLevel : 'read-write';
    return known.find((candidate) => candidate.sha256 === sha256)?.accessLevel ?? stated;
  });
  return levels.includes('read-write') || levels.length === 0 ? 'read-write' : 'read-only';
}

/** Also the one for pull requests, where this run makes none. */
function isOurs(name: string, secrets: readonly Secret[]): boolean {
  const own = secrets.map(({ tokenName }) => repositoryIn(tokenName));
  return own.includes(repositoryIn(name));
}

function repositoryIn(tokenName: string): string | undefined {
  return /^NX_CLOUD_ACCESS_TOKEN(?:_READ_ONLY)? of (.+?)(?: \(not handed over yet\))?$/.exec(tokenName)?.[1];
}

const pending = ' (not handed over yet)';
/** The server's limit for names. */
const longestName = 100;

function secret(name: Secret['name'], accessLevel: CiAccessLevel, repository: string | undefined): Secret {
  const whole = repository === undefined ? name : `${name} of ${repository}`;
  const room = longestName - pending.length;
  // The end of a long path says more than its beginning.
  const tokenName = whole.length <= room ? whole : `${name} of …${whole.slice(name.length + 5 - room)}`;
  return { name, accessLevel, tokenName, pendingName: tokenName + pending };
}
