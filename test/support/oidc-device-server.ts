import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { cliClientId, deviceCodeGrantType } from '../../src/protocol/oauth.js';
import { paths } from '../../src/protocol/paths.js';
import type { WhoAmI } from '../../src/protocol/wire-types.js';
import { isObject } from '../../src/rest-client/narrow.js';
import { listenUntilTestEnds } from './answering-server.js';
import { recordToken } from './ledger.js';

export interface OidcDeviceServer {
  url: string;
  /** What the browser would do, on the provider's own models. @throws when no login waits under that code */
  approve(userCode: string): Promise<void>;
  deny(userCode: string): Promise<void>;
  /** Lets the code's time be over, while the provider still knows it. */
  expire(userCode: string): Promise<void>;
  /** The next so many polls that would be told "pending" are told "slow_down". */
  answerSlowDown(polls: number): void;
  /** Codes of the logins that were started, oldest first. */
  readonly userCodes: readonly string[];
  /** The OAuth error, or `granted`, of each poll that was answered. */
  readonly polls: readonly string[];
  /** `token_type_hint` of each revocation request. */
  readonly revocations: readonly string[];
}

export interface OidcDeviceServerOptions {
  /** Seconds between polls. Not given: the provider sends none, and clients have to take 5. */
  interval?: number;
}

export const oidcPerson = { id: 'ada', name: 'Ada Lovelace', email: 'ada@oidc.example' };

/**
 * An authorization server that nobody of this project wrote, on loopback until the test has finished: `oidc-provider`
 * with its device flow, and an nxkey server's `GET /api/v1/me` beside it for the tokens that it issues. The provider
 * leaves the pace of polling to its host: `interval` and `slow_down` are put into its answers here.
 */
export async function startOidcDeviceServer({ interval }: OidcDeviceServerOptions = {}): Promise<OidcDeviceServer> {
  const userCodes: string[] = [];
  const polls: string[] = [];
  const revocations: string[] = [];
  let slowDowns = 0;

  const server = createServer();
  const url = `http://127.0.0.1:${await listenUntilTestEnds(server)}`;

  const provider = new Provider(url, configuration);
  provider.use(async (ctx: Partial<KoaContextWithOIDC>, next) => {
    await next();
    const body = isObject(ctx.body) ? ctx.body : {};
    switch (ctx.oidc?.route) {
      case 'device_authorization':
        if (interval !== undefined) ctx.body = { ...body, interval };
        recordToken(String(body['device_code']));
        userCodes.push(String(body['user_code']));
        break;
      case 'token':
        if (typeof body['access_token'] === 'string') recordToken(body['access_token']);
        if (body['error'] === 'authorization_pending' && slowDowns > 0) {
          slowDowns--;
          ctx.body = { error: 'slow_down' };
          polls.push('slow_down');
        } else {
          polls.push(typeof body['error'] === 'string' ? body['error'] : 'granted');
        }
        break;
      case 'revocation':
        revocations.push(String(ctx.oidc.params?.['token_type_hint']));
        break;
    }
  });

  const answerOAuth = provider.callback();
  server.on('request', (request, response) => {
    void (request.url === paths.me ? answerMe(provider, request, response) : answerOAuth(request, response));
  });

  const deviceCode = async (userCode: string) => {
    const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''), { ignoreExpiration: true });
    if (code === undefined) throw new Error('No login waits under this code');
    return code;
  };

  return {
    url,
    userCodes,
    polls,
    revocations,
    async approve(userCode) {
      const code = await deviceCode(userCode);
      const grant = new provider.Grant({ accountId: oidcPerson.id, clientId: cliClientId });
      code.accountId = oidcPerson.id;
      code.grantId = await grant.save();
      await code.save();
    },
    async deny(userCode) {
      const code = await deviceCode(userCode);
      Object.assign(code, { error: 'access_denied', errorDescription: 'End-User aborted interaction' });
      await code.save();
    },
    async expire(userCode) {
      const code = await deviceCode(userCode);
      const stored = await code.adapter.find(code.jti);
      // Not `save`: it would make the store forget the code too, which would then be unknown instead of expired.
      await code.adapter.upsert(code.jti, { ...stored, exp: Math.floor(Date.now() / 1000) - 1 }, 600);
    },
    answerSlowDown(count) {
      slowDowns = count;
    },
  };
}

const configuration: Configuration = {
  clients: [
    {
      client_id: cliClientId,
      token_endpoint_auth_method: 'none',
      grant_types: [deviceCodeGrantType],
      response_types: [],
      redirect_uris: [],
    },
  ],
  features: { deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: false } },
  ttl: { DeviceCode: 600, AccessToken: 3600, Grant: 3600 },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
};

async function answerMe(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const token = await provider.AccessToken.find(bearer);
  if (token === undefined) {
    const problem = { type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'Unknown.', requestId: '1' };
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    return;
  }
  const me: WhoAmI = {
    user: oidcPerson,
    token: {
      id: 'only-one',
      name: 'device',
      createdAt: new Date(token.iat * 1000).toISOString(),
      lastUsedAt: null,
      expiresAt: null,
      origin: { client: cliClientId, hostName: null, ipAddress: null },
    },
    organizations: [],
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(me));
}
