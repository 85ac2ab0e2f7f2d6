import { createRoute, z } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import { tokenShape } from '../../../src/protocol/tokens.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { OAuthError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { clientIdSchema, form, oauthErrorSchema, requireKnownClient, secretSchema } from './oauth-request.js';

const route = createRoute({
  method: 'post',
  path: paths.revocation,
  summary: 'Revoke a personal access token, or cancel a device authorization (RFC 7009)',
  tags: ['OAuth'],
  ...authorization.none,
  request: form(
    z.object({
      token: secretSchema,
      client_id: clientIdSchema,
      token_type_hint: z.string('is given twice').max(100).optional(),
    }),
  ),
  responses: {
    200: { description: 'The token does not work, whether or not it did before' },
    400: {
      description: 'invalid_request, unsupported_token_type',
      content: { 'application/json': { schema: oauthErrorSchema } },
    },
    401: { description: 'invalid_client', content: { 'application/json': { schema: oauthErrorSchema } } },
  },
});

export function revocation(app: App): void {
  app.openapi(route, async (c) => {
    const { token, client_id } = c.req.valid('form');
    requireKnownClient(client_id);
    const { personalAccessTokens, deviceAuthorizations } = c.get('services');
    // The token's own form says what it is; a hint may be wrong and would have to be overruled (RFC 7009 §2.1).
    switch (tokenShape(token).kind) {
      case 'personal':
        await personalAccessTokens.revokeSecret(token, sourceOf(c));
        break;
      case 'ci':
      case 'legacy-ci':
        throw new OAuthError(
          'unsupported_token_type',
          'CI access tokens are revoked by those who manage the workspace.',
        );
      case 'mistyped':
      case 'unknown':
        await deviceAuthorizations.cancel(token);
    }
    return c.body(null, 200);
  });
}
