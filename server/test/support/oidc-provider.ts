import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { isObject } from '../../../src/rest-client/narrow.js';
import { recordToken } from '../../../test/support/ledger.js';
import { createOpenIdConnectProvider, type OpenIdConnectOptions } from '../../src/identity-providers/openid-connect.js';

export interface OidcAccount {
  email?: string;
  email_verified?: boolean | undefined;
  name?: string;
  groups?: string[];
}

export interface TestOidcProvider {
  url: string;
  options: OpenIdConnectOptions;
  /** By `sub`. Whoever is not in here is refused from then on. */
  accounts: Map<string, OidcAccount>;
  /** Who sits at the browser, by `sub`; `null` for somebody who says no. */
  person: string | null;
  /** Changes what an ID token says, before it is signed. */
  claims: (claims: Record<string, unknown>) => Record<string, unknown>;
  /** Signs with a key that nobody knows. */
  signsWithForeignKey: boolean;
  /** Answers everything with that status; `null` for being up. */
  down: number | null;
  /** How often it was asked with a refresh token, and got a new one. */
  readonly refreshes: string[];
  /** Begins to answer. Until then nobody listens. @param redirectUri where people are sent back to */
  open(redirectUri: string): Promise<void>;
  close(): Promise<void>;
}

const clientId = 'nxkey';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

/**
 * An OpenID Connect provider that nobody of this project wrote (`oidc-provider`), on loopback. Whoever comes is signed in
 * as `person` and has agreed to everything. It gives a new refresh token for each that is used, and takes none twice.
 */
export async function prepareOidcProvider(change: Partial<OpenIdConnectOptions> = {}): Promise<TestOidcProvider> {
  const server = createServer();
  const port = await listen(server, 0);
  // The address is known from now on, and nobody answers there.
  await stop(server);
  const url = `http://127.0.0.1:${port}`;
  const clientSecret = `client-secret-of-${port}-that-nobody-guesses`;
  recordToken(clientSecret);

  const provider: TestOidcProvider = {
    url,
    options: {
      issuer: url,
      clientId,
      clientSecret,
      name: 'Acme SSO',
      scope: null,
      parameters: {},
      groupsClaim: 'groups',
      groupRoles: [{ group: '*', organizationSlug: 'acme', role: 'member' }],
      trustEmail: false,
      ...change,
    },
    accounts: new Map(),
    person: null,
    claims: (claims) => claims,
    signsWithForeignKey: false,
    down: null,
    refreshes: [],
    async open(redirectUri) {
      const answer = createProvider(provider, redirectUri);
      server.on('request', (request, response) => {
        if (provider.down === null) answer(request, response);
        else response.writeHead(provider.down, { 'content-type': 'text/plain' }).end('down');
      });
      await listen(server, port);
    },
    close: () => stop(server),
  };
  return provider;
}

/** As the server has it. */
export function identityProviderOf({ options }: TestOidcProvider) {
  return createOpenIdConnectProvider(options);
}

function createProvider(test: TestOidcProvider, redirectUri: string) {
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: test.options.clientSecret,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [redirectUri],
      },
    ],
    cookies: { keys: ['for tests only'] },
    jwks: { keys: [{ ...(key.export({ format: 'jwk' }) as JWK), use: 'sig', alg: 'RS256', kid: 'only' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 86_400, Session: 3600 },
    findAccount: (_ctx, sub) => {
      const account = test.accounts.get(sub);
      return account && { accountId: sub, claims: () => ({ sub, ...account }) };
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId, accountId: ctx.oidc.session?.accountId ?? '' });
      grant.addOIDCScope('openid email profile offline_access');
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(test.url, configuration);
  provider.use(async (ctx: Partial<KoaContextWithOIDC>, next) => {
    await next();
    const { body } = ctx;
    if (ctx.oidc?.route !== 'token' || !isObject(body)) return;
    for (const name of ['access_token', 'refresh_token', 'id_token']) {
      if (typeof body[name] === 'string') recordToken(body[name]);
    }
    if (ctx.oidc.params?.['grant_type'] === 'refresh_token')
      test.refreshes.push(typeof body['error'] === 'string' ? body['error'] : 'granted');
    if (typeof body['id_token'] === 'string') ctx.body = { ...body, id_token: signedAnew(test, body['id_token']) };
  });
  const callback = provider.callback();

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const result = test.person === null ? { error: 'access_denied' } : { login: { accountId: test.person } };
    await provider.interactionFinished(request, response, result);
  }
  return (request: IncomingMessage, response: ServerResponse) => {
    void (request.url?.startsWith('/interaction/') === true
      ? interact(request, response)
      : callback(request, response));
  };
}

function signedAnew(test: TestOidcProvider, idToken: string): string {
  const [header = '', payload = ''] = idToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const changed = Buffer.from(JSON.stringify(test.claims(claims))).toString('base64url');
  const signature = createSign('RSA-SHA256')
    .update(`${header}.${changed}`)
    .sign(test.signsWithForeignKey ? foreignKey : key, 'base64url');
  return `${header}.${changed}.${signature}`;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
}
