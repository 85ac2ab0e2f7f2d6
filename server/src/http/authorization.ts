import { createMiddleware } from 'hono/factory';
import { tokenShape, type TokenShape } from '../../../src/protocol/tokens.js';
import type { KnownCiAccessToken } from '../domain/ci-access-tokens.js';
import type { PersonalAccessToken, User } from '../domain/model.js';
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
  const secret = bearerToken(c.req.header('authorization'));
  if (secret === null) throw unauthorized('A personal access token is needed, as "Authorization: Bearer nxp_…".');
  const caller = await personalCaller(c.get('services'), secret);
  c.set('caller', caller);
  c.set('userId', caller.user.id);
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

/**
 * What a route needs, as data on the route: it is what the OpenAPI document says and what the server enforces.
 * A token that was sent and is not valid is always 401, also where none is needed (access-model.md).
 */
export const authorization = {
  personalAccessToken: needs([{ personalAccessToken: [] }], requirePersonalAccessToken),
  personalAccessTokenOrAnonymous: needs([{ personalAccessToken: [] }, {}], allowPersonalAccessToken),
  ciToken: needs([{ ciAccessToken: [] }], requireCiToken),
  none: needs([], undefined),
};

function needs<Middleware>(security: SecurityRequirement[], middleware: Middleware) {
  return { security, middleware };
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

function unauthorized(detail: string): HttpError {
  return new HttpError(401, 'Unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="nxkey"' } });
}
