import { isNxCloudId } from '../../../src/protocol/nx-cloud-id.js';
import { tokenShape } from '../../../src/protocol/tokens.js';
import { decideAccess, type AccessDecision, type Principal } from './decide-access.js';
import { GenerationMap } from './generation-map.js';
import type { Clock, Writer } from './model.js';
import { idleExpiry } from './personal-access-tokens.js';
import type { Database, WorkspaceWithOrganization } from './repositories.js';
import { hashSecret } from './secrets.js';
import { createTokenUse, type UsedTokenKind } from './token-use.js';
import { personIn } from './workspace-access.js';

/** What a request has sent to prove who is asking; `bearer` may be a CI access token or a personal one. */
export type Credential = { kind: 'none' } | { kind: 'bearer' | 'personal'; secret: string };

export type RefusalReason = 'unknown-workspace' | 'bad-credential' | 'not-opted-in' | 'anonymous-off' | 'read-only';

/** Who is asking, with the name that they had then. */
export interface Actor extends Writer {
  name: string | null;
}

export interface Access {
  readonly decision: AccessDecision;
  /** `null`: there is none with that `nxCloudId`. */
  readonly workspace: { readonly id: string; readonly organizationId: string } | null;
  readonly actor: Actor;
  /** Whose an artifact is that is written with this access. */
  readonly writer: Writer;
  /** Why nothing may be read or written; `null` when something may. */
  readonly refusal: RefusalReason | null;
}

/**
 * Who may do what in the remote cache, fast enough to be asked on every request and exact all the same: what is
 * remembered is dropped as soon as `database.accessVersion()` says that anything has changed.
 */
export interface AccessCheck {
  /**
   * At once when everything about the credential and the workspace is remembered. Counts as a use of the token.
   *
   * @throws {DatabaseUnavailableError} also synchronously
   */
  check(credential: Credential, nxCloudId: string): Access | Promise<Access>;
  /** How many were answered from memory, and how many had to be looked up. */
  readonly lookups: { readonly warm: number; readonly cold: number };
  /** Writes down when tokens were used. */
  flush(): Promise<void>;
}

export interface AccessCheckOptions {
  database: Database;
  clock: Clock;
  /** Days without use until a personal access token expires; `null` for never. */
  tokenIdleDays: number | null;
  /** How many answers are remembered, at most twice that many; about 500 bytes each. */
  remembered?: number;
}

interface Entry {
  access: Access;
  token: { kind: UsedTokenKind; id: string; expiresAt: number | null } | null;
}

export function createAccessCheck({
  database,
  clock,
  tokenIdleDays,
  remembered = 10_000,
}: AccessCheckOptions): AccessCheck {
  const workspaces = new GenerationMap<string, WorkspaceWithOrganization | 'none'>(remembered);
  const known = new GenerationMap<string, Entry>(remembered);
  // On its own, so that somebody who sends invented tokens and ids cannot push out the real ones.
  const unknown = new GenerationMap<string, Entry>(remembered);
  const tokenUse = createTokenUse(database, tokenIdleDays);
  const lookups = { warm: 0, cold: 0 };
  let version: number | undefined;

  /** @returns the version under which things may be remembered from now on */
  function forgetWhatChanged(): number {
    const current = database.accessVersion();
    if (current !== version) {
      version = current;
      workspaces.clear();
      known.clear();
      unknown.clear();
    }
    return current;
  }

  function use({ token }: Entry, now: number): void {
    if (token === null) return;
    tokenUse.note(token.kind, token.id, now);
    if (token.kind === 'personal') token.expiresAt = idleExpiry(now, tokenIdleDays);
  }

  async function lookUp(credential: Credential, nxCloudId: string, key: string, begunAt: number): Promise<Access> {
    const workspace = await findWorkspace(nxCloudId, begunAt);
    const { principal, actor, token } = await identify(credential, workspace);
    const entry: Entry = { access: accessOf(principal, actor, workspace), token };
    use(entry, clock());
    // What was read before a change and is kept after it would stay wrong for good.
    if (database.accessVersion() === begunAt) {
      const isKnown = entry.access.workspace !== null && principal.kind !== 'invalid-credential';
      (isKnown ? known : unknown).set(key, entry);
    }
    return entry.access;
  }

  async function findWorkspace(nxCloudId: string, begunAt: number): Promise<WorkspaceWithOrganization | null> {
    if (!isNxCloudId(nxCloudId)) return null;
    const remembered = workspaces.get(nxCloudId);
    if (remembered !== undefined) return remembered === 'none' ? null : remembered;
    const found = await database.workspaces.findByNxCloudId(nxCloudId);
    if (database.accessVersion() === begunAt) workspaces.set(nxCloudId, found ?? 'none');
    return found;
  }

  /** Typos, and whatever else is no token of ours, never reach the database. */
  async function identify(credential: Credential, workspace: WorkspaceWithOrganization | null): Promise<Identity> {
    if (credential.kind === 'none') return nobody;
    const shape = tokenShape(credential.secret).kind;
    if (shape === 'personal') return await person(credential.secret, workspace);
    const isCi = shape === 'ci' || shape === 'legacy-ci';
    return isCi && credential.kind === 'bearer' ? await ciToken(credential.secret) : invalid;
  }

  async function ciToken(secret: string): Promise<Identity> {
    const found = await database.ciAccessTokens.findByHash(hashSecret(secret));
    if (found === null) return invalid;
    const { id, name, workspaceId, level, expiresAt } = found.token;
    const expired = expiresAt !== null && expiresAt <= clock();
    return {
      principal: { kind: 'ci-token', tokenId: id, workspaceId, level, expired },
      actor: { kind: 'ci-token', id, name },
      token: expired ? null : { kind: 'ci-token', id, expiresAt },
    };
  }

  async function person(secret: string, workspace: WorkspaceWithOrganization | null): Promise<Identity> {
    const found = await database.personalAccessTokens.findByHash(hashSecret(secret));
    if (found === null) return invalid;
    const { user, token } = found;
    const expiresAt = laterExpiry(token.expiresAt, tokenUse.unwritten(token.id));
    if (expiresAt !== null && expiresAt <= clock()) return invalid;
    const { organizations } = database;
    return {
      principal:
        workspace === null
          ? { kind: 'person', role: null }
          : await personIn(workspace.organization.id, user.id, organizations),
      actor: { kind: 'user', id: user.id, name: user.email },
      token: { kind: 'personal', id: token.id, expiresAt },
    };
  }

  /** Of what is written down and what is not yet. */
  function laterExpiry(written: number | null, unwritten: number | undefined): number | null {
    if (written === null || unwritten === undefined) return written;
    const expiresAt = idleExpiry(unwritten, tokenIdleDays);
    return expiresAt === null ? null : Math.max(written, expiresAt);
  }

  return {
    check(credential, nxCloudId) {
      const begunAt = forgetWhatChanged();
      const key =
        credential.kind === 'none' ? nxCloudId : `${credential.kind} ${hashSecret(credential.secret)} ${nxCloudId}`;
      const entry = known.get(key) ?? unknown.get(key);
      const now = clock();
      if (entry !== undefined && !isExpired(entry, now)) {
        lookups.warm++;
        use(entry, now);
        return entry.access;
      }
      lookups.cold++;
      return lookUp(credential, nxCloudId, key, begunAt);
    },
    lookups,
    flush: () => tokenUse.flush(),
  };
}

interface Identity {
  principal: Principal;
  actor: Actor;
  token: Entry['token'];
}

const nobody: Identity = {
  principal: { kind: 'anonymous' },
  actor: { kind: 'anonymous', id: null, name: null },
  token: null,
};
const invalid: Identity = { ...nobody, principal: { kind: 'invalid-credential' } };

function isExpired({ token }: Entry, now: number): boolean {
  return token !== null && token.expiresAt !== null && token.expiresAt <= now;
}

function accessOf(principal: Principal, actor: Actor, found: WorkspaceWithOrganization | null): Access {
  const writer: Writer = { kind: actor.kind, id: actor.id };
  if (found === null) {
    // A person's good token is good in every workspace; to find that this is none is no reason to fail a build (401).
    const unauthenticated = principal.kind === 'ci-token' || principal.kind === 'invalid-credential';
    const because = 'no workspace of this server has that nxCloudId';
    const decision: AccessDecision = { level: 'none', scope: null, unauthenticated, because };
    return { decision, workspace: null, actor, writer, refusal: 'unknown-workspace' };
  }
  const { workspace, organization } = found;
  const decision = decideAccess(principal, { ...workspace, organizationSlug: organization.slug });
  const refusal = decision.level !== 'none' ? null : reasonOf(decision.unauthenticated, workspace.patOptIn);
  return { decision, workspace: { id: workspace.id, organizationId: organization.id }, actor, writer, refusal };
}

function reasonOf(unauthenticated: boolean, patOptIn: boolean): RefusalReason {
  if (unauthenticated) return 'bad-credential';
  return patOptIn ? 'anonymous-off' : 'not-opted-in';
}
