import { createRoute, z } from '@hono/zod-openapi';
import { deviceAuthorizationExtensions } from '../../../src/protocol/oauth.js';
import { paths } from '../../../src/protocol/paths.js';
import { formatUserCode } from '../domain/user-codes.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { HttpError } from '../http/errors.js';
import { clientIdSchema, form, oauthErrorSchema, optional, printable, requireKnownClient } from './oauth-request.js';
import { json } from './schemas.js';

const { tokenName, hostName } = deviceAuthorizationExtensions;

const requestSchema = z.object({
  client_id: clientIdSchema,
  [tokenName]: optional(printable(100)),
  [hostName]: optional(printable(255)),
});

const responseSchema = z
  .object({
    device_code: z.string(),
    user_code: z.string().openapi({ example: 'WDJB-MJHT' }),
    verification_uri: z.string(),
    verification_uri_complete: z.string(),
    expires_in: z.int(),
    interval: z.int(),
  })
  .openapi('DeviceAuthorization');

const route = createRoute({
  method: 'post',
  path: paths.deviceAuthorization,
  summary: 'Begin a device authorization (RFC 8628 §3.1)',
  tags: ['OAuth'],
  ...authorization.none,
  request: form(requestSchema),
  responses: {
    200: json(responseSchema, 'Show the user code and the address, then poll the token endpoint'),
    400: json(oauthErrorSchema, 'invalid_request'),
    401: json(oauthErrorSchema, 'invalid_client'),
    429: json(
      oauthErrorSchema,
      'temporarily_unavailable: too many from this address; Retry-After says how long to wait',
    ),
  },
});

export function deviceAuthorization(app: App): void {
  app.openapi(route, async (c) => {
    const request = c.req.valid('form');
    requireKnownClient(request.client_id);
    const started = await c.get('services').deviceAuthorizations.start({
      clientId: request.client_id,
      tokenName: request[tokenName] ?? null,
      hostName: request[hostName] ?? null,
      ipAddress: c.get('ipAddress'),
    });
    if (started.kind === 'too-many') {
      const { retryAfterSeconds } = started;
      throw new HttpError(
        429,
        'Too many requests',
        `Too many logins were begun from this address. The next one is possible in ${retryAfterSeconds} seconds.`,
        { headers: { 'retry-after': String(retryAfterSeconds) } },
      );
    }
    const userCode = formatUserCode(started.userCode);
    const verificationUri = c.get('config').publicUrl + paths.device;
    return c.json(
      {
        device_code: started.deviceCode,
        user_code: userCode,
        verification_uri: verificationUri,
        verification_uri_complete: `${verificationUri}?user_code=${userCode}`,
        expires_in: started.expiresInSeconds,
        interval: started.intervalSeconds,
      },
      200,
    );
  });
}
