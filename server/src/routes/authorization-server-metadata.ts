import { createRoute, z } from '@hono/zod-openapi';
import { deviceCodeGrantType } from '../../../src/protocol/oauth.js';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { json } from './schemas.js';

const metadataSchema = z
  .object({
    issuer: z.string(),
    device_authorization_endpoint: z.string(),
    token_endpoint: z.string(),
    revocation_endpoint: z.string(),
    introspection_endpoint: z.string(),
    grant_types_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    revocation_endpoint_auth_methods_supported: z.array(z.string()),
    introspection_endpoint_auth_methods_supported: z.array(z.string()),
    service_documentation: z.string(),
  })
  .openapi('AuthorizationServerMetadata');

const route = createRoute({
  method: 'get',
  path: paths.authorizationServerMetadata,
  summary: 'Where the OAuth endpoints are (RFC 8414)',
  tags: ['OAuth'],
  ...authorization.none,
  responses: { 200: json(metadataSchema, 'The metadata') },
});

export function authorizationServerMetadata(app: App): void {
  app.openapi(route, (c) => {
    const { publicUrl } = c.get('config');
    return c.json(
      {
        issuer: publicUrl,
        device_authorization_endpoint: publicUrl + paths.deviceAuthorization,
        token_endpoint: publicUrl + paths.token,
        revocation_endpoint: publicUrl + paths.revocation,
        introspection_endpoint: publicUrl + paths.introspection,
        grant_types_supported: [deviceCodeGrantType],
        // Required by RFC 8414 §2, and empty: there is no authorization endpoint.
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ['none'],
        revocation_endpoint_auth_methods_supported: ['none'],
        // With a personal access token (RFC 8414 §2 allows access token types here).
        introspection_endpoint_auth_methods_supported: ['Bearer'],
        service_documentation: publicUrl + paths.openApi,
      },
      200,
    );
  });
}
