import type { CiAccessLevel, Role } from '../../../../src/protocol/wire-types.js';
import {
  decideAccess,
  type AccessDecision,
  type AccessTarget,
  type Principal,
  type Scope,
} from '../../../src/domain/decide-access.js';
import type { AccessSettings } from '../../../src/domain/model.js';

/**
 * The model: all that decides who may do what, and what the cache then holds, without a database, a memory, a socket
 * or a clock. Tokens are known by the order in which they were made.
 */
export interface World {
  /** Milliseconds since 1970 UTC. */
  now: number;
  organizations: Record<OrganizationName, Map<PersonName, Role>>;
  workspaces: Record<WorkspaceName, ModelWorkspace>;
  ciTokens: ModelCiToken[];
  personalTokens: ModelPersonalToken[];
}

export const organizationNames = ['acme', 'umbrella'] as const;
export type OrganizationName = (typeof organizationNames)[number];

/** `ada` owns both organizations for good, so that there is always somebody who can change things. */
export const personNames = ['ada', 'bob', 'carol', 'dave'] as const;
export type PersonName = (typeof personNames)[number];

export const workspaceNames = ['shop', 'docs', 'lab'] as const;
export type WorkspaceName = (typeof workspaceNames)[number];

/** Two of one organization, so that a token of one is tried on the other, and one of another organization. */
export const organizationOf: Record<WorkspaceName, OrganizationName> = { shop: 'acme', docs: 'acme', lab: 'umbrella' };

export interface ModelWorkspace {
  settings: AccessSettings;
  /** Bodies by hash, by scope. */
  scopes: Map<string, Map<string, ModelArtifact>>;
}

export interface ModelArtifact {
  body: Buffer;
  writer: ModelWriter;
}

export type ModelWriter =
  { kind: 'ci-token'; id: number } | { kind: 'user'; id: PersonName } | { kind: 'anonymous'; id: null };

export interface ModelCiToken {
  workspace: WorkspaceName;
  level: CiAccessLevel;
  createdAt: number;
  expiresAt: number | null;
  /** By a rotation, which happens once. */
  replaced: boolean;
  revoked: boolean;
}

export interface ModelPersonalToken {
  person: PersonName;
  createdAt: number;
  usedAt: number;
  revoked: boolean;
}

/** As the model calls it; the server has names of its own. */
export const trusted = 'trusted';

function nameOf(scope: Scope, branch: string | undefined): string {
  return scope.kind === 'trusted' ? trusted : JSON.stringify([scope.tokenId, branch ?? null]);
}

/** Days without use after which a personal access token ends, in milliseconds. */
export const tokenIdleMs = 90 * 24 * 60 * 60 * 1000;

export type ModelCredential =
  | { kind: 'ci-token'; form: 'bearer' | 'raw'; token: number }
  | { kind: 'person'; form: 'bearer' | 'personal-header'; token: number }
  | { kind: 'nobody'; form: 'none' | 'id-header' | 'empty-bearer' }
  | { kind: 'invalid'; form: InvalidForm };

export const invalidForms = ['no token at all', 'damaged', 'unknown CI token', 'unknown personal token'] as const;
export type InvalidForm = (typeof invalidForms)[number];

export interface CacheRequest {
  /** `null`: an `nxCloudId` that belongs to no workspace. */
  workspace: WorkspaceName | null;
  credential: ModelCredential;
  hash: string;
  branch: string | undefined;
}

export interface ExpectedAnswer {
  status: number;
  body?: Buffer;
}

/** What a GET has to be answered with: nx-protocol.md §4, and 404 for whoever is let in nowhere. */
export function expectedRead(world: World, request: CacheRequest): ExpectedAnswer {
  const { workspace, credential, hash, branch } = request;
  if (workspace === null) return { status: isGoodAnywhere(world, credential) ? 404 : 401 };
  const decision = decisionFor(world, credential, workspace);
  if (decision.level === 'none') return { status: decision.unauthenticated ? 401 : 404 };
  const { scopes } = world.workspaces[workspace];
  const found = scopes.get(trusted)?.get(hash) ?? scopes.get(nameOf(decision.scope, branch))?.get(hash);
  return found === undefined ? { status: 404 } : { status: 200, body: found.body };
}

/** What a PUT has to be answered with, and the scope that 200 writes to. */
export function expectedWrite(world: World, request: CacheRequest): { status: number; scope?: string } {
  const { workspace, credential, hash, branch } = request;
  if (workspace === null) return { status: isGoodAnywhere(world, credential) ? 403 : 401 };
  const decision = decisionFor(world, credential, workspace);
  if (decision.level === 'none') return { status: decision.unauthenticated ? 401 : 403 };
  if (decision.level === 'read-only' && decision.scope.kind === 'trusted') return { status: 403 };
  const scope = nameOf(decision.scope, branch);
  return world.workspaces[workspace].scopes.get(scope)?.has(hash) === true ? { status: 409 } : { status: 200, scope };
}

export function decisionFor(world: World, credential: ModelCredential, workspace: WorkspaceName): AccessDecision {
  const organization = organizationOf[workspace];
  const target: AccessTarget = {
    id: workspace,
    name: workspace,
    organizationSlug: organization,
    ...world.workspaces[workspace].settings,
  };
  return decideAccess(principalOf(world, credential, organization), target);
}

/** No workspace has CI tokens that are not its own, and none refuses a person's good one for what it is. */
function isGoodAnywhere(world: World, credential: ModelCredential): boolean {
  const { kind } = principalOf(world, credential, 'acme');
  return kind === 'person' || kind === 'anonymous';
}

function principalOf(world: World, credential: ModelCredential, organization: OrganizationName): Principal {
  switch (credential.kind) {
    case 'ci-token': {
      const token = world.ciTokens[credential.token];
      if (token === undefined || token.revoked) return { kind: 'invalid-credential' };
      const expired = token.expiresAt !== null && token.expiresAt <= world.now;
      const { workspace: workspaceId, level } = token;
      return { kind: 'ci-token', tokenId: String(credential.token), workspaceId, level, expired };
    }
    case 'person': {
      const token = world.personalTokens[credential.token];
      if (token === undefined || personalTokenState(world, token) !== 'valid') return { kind: 'invalid-credential' };
      return { kind: 'person', role: world.organizations[organization].get(token.person) ?? null };
    }
    case 'nobody':
      return { kind: 'anonymous' };
    case 'invalid':
      return { kind: 'invalid-credential' };
  }
}

/**
 * Between 90 days after it was made and 90 days after its last use a token may have ended already, since uses are
 * written down in batches. The model knows nothing about it then, and tries it no more.
 */
export function personalTokenState(world: World, token: ModelPersonalToken): 'valid' | 'ended' | 'not known' {
  if (token.revoked || world.now >= token.usedAt + tokenIdleMs) return 'ended';
  return world.now < token.createdAt + tokenIdleMs ? 'valid' : 'not known';
}

/** What the server notes about a request besides its answer: who used a token, and what is in the cache now. */
export function noteUse(world: World, credential: ModelCredential): void {
  if (credential.kind !== 'person') return;
  const token = world.personalTokens[credential.token];
  if (token !== undefined && personalTokenState(world, token) === 'valid') token.usedAt = world.now;
}

export function store(world: World, request: CacheRequest, scope: string, body: Buffer): void {
  if (request.workspace === null) throw new Error('nothing is stored nowhere');
  const { scopes } = world.workspaces[request.workspace];
  const artifacts = scopes.get(scope) ?? new Map<string, ModelArtifact>();
  artifacts.set(request.hash, { body, writer: writerOf(world, request.credential) });
  scopes.set(scope, artifacts);
}

function writerOf(world: World, credential: ModelCredential): ModelWriter {
  if (credential.kind === 'ci-token') return { kind: 'ci-token', id: credential.token };
  const person = credential.kind === 'person' ? world.personalTokens[credential.token]?.person : undefined;
  return person === undefined ? { kind: 'anonymous', id: null } : { kind: 'user', id: person };
}
