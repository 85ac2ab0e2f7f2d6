import { createRoute, z } from '@hono/zod-openapi';
import { deviceCodeGrantType } from '../../../src/protocol/oauth.js';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { OAuthError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { clientIdSchema, form, oauthErrorSchema, requireKnownClient, secretSchema } from './oauth-request.js';
import { json } from './schemas.js';

const requestSchema = z.object({
  grant_type: z.string('is missing, or given twice').max(200).openapi({ example: deviceCodeGrantType }),
  client_id: clientIdSchema,
  device_code: secretSchema.optional(),
});

// No expires_in: the token expires so many days after its last use, which a fixed number would misstate.
const responseSchema = z.object({ access_token: z.string(), token_type: z.literal('Bearer') }).openapi('TokenResponse');

const route = createRoute({
  method: 'post',
  path: paths.token,
  summary: 'Poll for the token of a device authorization (RFC 8628 §3.4)',
  tags: ['OAuth'],
  ...authorization.none,
  request: form(requestSchema),
  responses: {
    200: json(responseSchema, 'A personal access token; sent this once'),
    400: json(
      oauthErrorSchema,
      'authorization_pending, slow_down, access_denied, expired_token, invalid_grant, unsupported_grant_type, invalid_request',
    ),
    401: json(oauthErrorSchema, 'invalid_client'),
  },
});

export function token(app: App): void {
  app.openapi(route, async (c) => {
    const request = c.req.valid('form');
    requireKnownClient(request.client_id);
    if (request.grant_type !== deviceCodeGrantType) {
      throw new OAuthError('unsupported_grant_type', `Only ${deviceCodeGrantType} is supported.`);
    }
    if (request.device_code === undefined) throw new OAuthError('invalid_request', 'device_code: is missing');

    const { deviceAuthorizations } = c.get('services');
    const poll = await deviceAuthorizations.poll(request.device_code, request.client_id, sourceOf(c));
    switch (poll.kind) {
      case 'granted':
        return c.json({ access_token: poll.accessToken, token_type: 'Bearer' as const }, 200);
      case 'pending':
        throw new OAuthError('authorization_pending', 'The person has not answered yet.');
      case 'slow-down':
        throw new OAuthError(
          'slow_down',
          'That was too soon. Wait five seconds longer before this and every later poll.',
        );
      case 'denied':
        throw new OAuthError('access_denied', 'The person said no.');
      case 'expired':
        throw new OAuthError('expired_token', 'The device code has expired.');
      case 'unknown':
        throw new OAuthError('invalid_grant', 'The device code is unknown, was redeemed already, or was cancelled.');
    }
  });
}
