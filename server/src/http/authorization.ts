import { createMiddleware } from 'hono/factory';
import { tokenShape, type TokenShape } from '../../../src/protocol/tokens.js';
import type { Role } from '../../../src/protocol/wire-types.js';
import type { KnownCiAccessToken } from '../domain/ci-access-tokens.js';
import type { Organization, PersonalAccessToken, User, Workspace } from '../domain/model.js';
import { hasRole, roleWithArticle } from '../domain/roles.js';
import type { Services } from '../domain/services.js';
import type { AppEnv } from './app-env.js';
import { HttpError } from './errors.js';

/** As OpenAPI has it: schemes by name. */
type SecurityRequirement = Record<string, string[]>;

interface Caller {
  user: User;
  token: PersonalAccessToken;
}

const requirePersonalAccessToken = createMiddleware<AppEnv & { Variables: { caller: Caller } }>(async (c, next) => {
  c.set('caller', await requireCaller(c));
  await next();
});

const allowPersonalAccessToken = createMiddleware<AppEnv & { Variables: { caller: Caller | null } }>(
  async (c, next) => {
    const secret = bearerToken(c.req.header('authorization'));
    const caller = secret === null ? null : await personalCaller(c.get('services'), secret);
    c.set('caller', caller);
    c.set('userId', caller?.user.id);
    await next();
  },
);

const requireCiToken = createMiddleware<AppEnv & { Variables: { ciToken: KnownCiAccessToken } }>(async (c, next) => {
  const secret = bearerToken(c.req.header('authorization'));
  if (secret === null) throw unauthorized('A CI access token is needed, as "Authorization: Bearer <token>".');
  const found = await c.get('services').ciAccessTokens.authenticate(secret);
  if (found === null) throw unauthorized(unknownToken(tokenShape(secret), 'CI access token'));
  c.set('ciToken', found);
  await next();
});

/** What a route about an organization finds: who asks, and what they are in it. */
interface OrganizationVariables {
  caller: Caller;
  organization: Organization;
  role: Role;
}

/** The organization of the path's `slug`. */
function requireOrganizationRole(needed: Role) {
  return createMiddleware<AppEnv & { Variables: OrganizationVariables }>(async (c, next) => {
    const caller = await requireCaller(c);
    const { organizations } = c.get('services').database;
    const slug = c.req.param('slug') ?? '';
    const organization = await organizations.findBySlug(slug);
    const membership = organization && (await organizations.membership(caller.user.id, organization.id));
    // One answer for both: strangers shall not find out which organizations there are.
    if (organization === null || membership === null) {
      throw new HttpError(404, 'Not found', 'There is no such organization, or you are not a member of it.');
    }
    requireRole(membership.role, needed, organization);
    c.set('caller', caller);
    c.set('organization', organization);
    c.set('role', membership.role);
    await next();
  });
}

/** The organization of the workspace that the path's `nxCloudId` names. */
function requireWorkspaceRole(needed: Role) {
  return createMiddleware<AppEnv & { Variables: OrganizationVariables & { workspace: Workspace } }>(async (c, next) => {
    const caller = await requireCaller(c);
    const { organizations, workspaces } = c.get('services').database;
    const found = await workspaces.findByNxCloudId(c.req.param('nxCloudId') ?? '');
    const membership = found && (await organizations.membership(caller.user.id, found.organization.id));
    if (found === null || membership === null) {
      const detail =
        'There is no workspace with that nxCloudId on this server, or you are not a member of its organization.';
      throw new HttpError(404, 'Not found', detail);
    }
    requireRole(membership.role, needed, found.organization);
    c.set('caller', caller);
    c.set('organization', found.organization);
    c.set('role', membership.role);
    c.set('workspace', found.workspace);
    await next();
  });
}

const requireOwner = createMiddleware<AppEnv & { Variables: { caller: Caller } }>(async (c, next) => {
  const caller = await requireCaller(c);
  const memberships = await c.get('services').database.organizations.ofUser(caller.user.id);
  if (!memberships.some(({ membership }) => membership.role === 'owner')) {
    throw forbidden('You own no organization: a new one is made by the owner of another, or by the operator.');
  }
  c.set('caller', caller);
  await next();
});

/**
 * What a route needs, as data on the route: it is what the OpenAPI document says and what the server enforces.
 * A token that was sent and is not valid is always 401, also where none is needed (access-model.md).
 *
 * The document names the role that a person needs where OpenAPI 3.1 has a place for it: in the list of the security
 * requirement, which for schemes without scopes holds the names of roles.
 */
export const authorization = {
  personalAccessToken: needs([{ personalAccessToken: [] }], requirePersonalAccessToken),
  /** At least that role in the organization of the path. Who is no member learns nothing about it: 404. */
  organizationRole: (role: Role) => needs([{ personalAccessToken: [role] }], requireOrganizationRole(role)),
  /** The same in the organization of the workspace of the path. */
  workspaceRole: (role: Role) => needs([{ personalAccessToken: [role] }], requireWorkspaceRole(role)),
  /** The owner of any organization. */
  ownerOfAny: needs([{ personalAccessToken: ['owner'] }], requireOwner),
  personalAccessTokenOrAnonymous: needs([{ personalAccessToken: [] }, {}], allowPersonalAccessToken),
  ciToken: needs([{ ciAccessToken: [] }], requireCiToken),
  none: needs([], undefined),
};

function needs<Middleware>(security: SecurityRequirement[], middleware: Middleware) {
  return { security, middleware };
}

/** What is used of a context here, whatever else a route finds in it. */
interface RequestContext {
  req: { header: (name: string) => string | undefined };
  get: (name: 'services') => Services;
  set: (name: 'userId', userId: string) => void;
}

async function requireCaller(c: RequestContext): Promise<Caller> {
  const secret = bearerToken(c.req.header('authorization'));
  if (secret === null) throw unauthorized('A personal access token is needed, as "Authorization: Bearer nxp_…".');
  const caller = await personalCaller(c.get('services'), secret);
  c.set('userId', caller.user.id);
  return caller;
}

function requireRole(role: Role, needed: Role, { slug }: Organization): void {
  if (hasRole(role, needed)) return;
  throw forbidden(
    `You are ${roleWithArticle[role]} of ${slug}, and that is for its ${needed === 'owner' ? 'owners' : 'owners and admins'}.`,
  );
}

async function personalCaller({ personalAccessTokens }: Services, secret: string): Promise<Caller> {
  const caller = await personalAccessTokens.authenticate(secret);
  if (caller === null) throw unauthorized(unknownToken(tokenShape(secret), 'personal access token'));
  return caller;
}

/** `null`: none was sent. */
function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  const token = /^bearer +([^\s]+) *$/i.exec(header)?.[1];
  if (token === undefined) throw unauthorized('The Authorization header has to be "Bearer" and a token.');
  return token;
}

function unknownToken(shape: TokenShape, wanted: string): string {
  if (shape.kind === 'mistyped') return 'The token is damaged: characters were lost or changed.';
  const isCi = shape.kind === 'ci' || shape.kind === 'legacy-ci';
  if (isCi !== (wanted === 'CI access token') && shape.kind !== 'unknown') {
    return `That is a ${isCi ? 'CI' : 'personal'} access token; a ${wanted} is needed.`;
  }
  return `The ${wanted} is unknown, expired or revoked.`;
}

function forbidden(detail: string): HttpError {
  return new HttpError(403, 'Forbidden', detail);
}

function unauthorized(detail: string): HttpError {
  return new HttpError(401, 'Unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="nxkey"' } });
}
