import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';

/** The document is made from the routes themselves, so it cannot say anything that they do not do. */
export function openApi(app: App): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const;
  app.openAPIRegistry.registerComponent('securitySchemes', 'personalAccessToken', {
    ...bearer,
    description: 'A personal access token (nxp_…), from "npx nxkey login".',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'ciAccessToken', {
    ...bearer,
    description: 'A CI access token (nxc_…) of one workspace, or one that was imported.',
  });
  app.get(paths.openApi, (c) =>
    c.json(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'nxkey-server',
          version: 'v1',
          description:
            'Who may use the remote cache of an Nx workspace. Errors are application/problem+json (RFC 9457).',
          license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
        },
        servers: [{ url: c.get('config').publicUrl }],
      }),
    ),
  );
}
