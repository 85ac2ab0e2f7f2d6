import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Logger } from 'pino';
import { paths } from '../../src/protocol/paths.js';
import type { ClientProgram } from './client-program/client-program.js';
import { clientProgramRoutes } from './client-program/routes.js';
import type { ServerConfig } from './config.js';
import type { ArtifactCache } from './domain/artifacts.js';
import type { GithubConnections } from './domain/github/connections.js';
import type { Clock } from './domain/model.js';
import type { PasswordHasher } from './domain/passwords.js';
import type { Database } from './domain/repositories.js';
import { createServices } from './domain/services.js';
import type { App, AppEnv } from './http/app-env.js';
import { errorResponse, isUnexpected, validationError } from './http/error-responses.js';
import { HttpError } from './http/errors.js';
import { requestContext } from './http/request-context.js';
import { securityHeaders } from './http/security-headers.js';
import { mountPages } from './pages/pages.js';
import { administration } from './routes/administration.js';
import { authorizationServerMetadata } from './routes/authorization-server-metadata.js';
import { ciToken } from './routes/ci-token.js';
import { deviceAuthorization } from './routes/device-authorization.js';
import { githubWebhook, maxWebhookBytes, type WebhookOptions } from './routes/github-webhook.js';
import { health } from './routes/health.js';
import { introspection } from './routes/introspection.js';
import { me } from './routes/me.js';
import { myTokens } from './routes/my-tokens.js';
import { nxConnect } from './routes/nx-connect/nx-connect.js';
import { openApi } from './routes/openapi.js';
import { revocation } from './routes/revocation.js';
import { revokeMyToken } from './routes/revoke-my-token.js';
import { token } from './routes/token.js';
import { workspaceAccess } from './routes/workspace-access.js';

/** Nothing that is sent to these routes is larger than a few short form fields. */
const maxBodyBytes = 16 * 1024;

export interface AppDependencies {
  config: ServerConfig;
  database: Database;
  artifacts: ArtifactCache;
  clientProgram: ClientProgram | null;
  passwords: PasswordHasher;
  clock: Clock;
  logger: Logger;
  /** Days without use until a personal access token expires; `null` for never. */
  tokenIdleDays: number | null;
  /** How many logins one address may begin in ten minutes. */
  loginsPerAddress?: number;
  /** Whether `nx connect` makes workspaces here. */
  nxConnect?: boolean;
  /** Default: set up for no GitHub. */
  github?: GithubConnections | null;
  /** Default: there is none. */
  webhook?: WebhookOptions | null;
}

/** The whole HTTP side as one function from request to response; who listens is the caller's business. */
export function createApp({
  config,
  artifacts,
  clientProgram,
  logger,
  webhook = null,
  ...dependencies
}: AppDependencies): App {
  const services = createServices(dependencies);
  const app: App = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw validationError(result.error);
    },
  });

  app.use(requestContext({ services, artifacts, config, logger }));
  app.use(securityHeaders);
  const [limited, limitedWebhook] = [limitBody(maxBodyBytes), limitBody(maxWebhookBytes)];
  app.use((c, next) => (c.req.path === paths.githubWebhook ? limitedWebhook : limited)(c, next));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const detail = `${c.req.method} is not possible here; ${methods.join(', ')} is.`;
        return errorResponse(
          c,
          new HttpError(405, 'Method not allowed', detail, { headers: { allow: methods.join(', ') } }),
        );
      },
    }),
  );

  authorizationServerMetadata(app);
  deviceAuthorization(app);
  token(app);
  revocation(app);
  introspection(app);
  me(app);
  myTokens(app);
  revokeMyToken(app);
  ciToken(app);
  workspaceAccess(app);
  administration(app);
  nxConnect(app);
  githubWebhook(app, webhook);
  health(app);
  clientProgramRoutes(app, clientProgram);
  openApi(app);
  mountPages(app);

  app.notFound((c) => errorResponse(c, new HttpError(404, 'Not found', 'There is nothing at this address.')));
  app.onError((error, c) => {
    if (isUnexpected(error)) logger.error({ err: error, requestId: c.get('requestId') }, 'request failed');
    return errorResponse(c, error);
  });
  return app;
}

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      const detail = `The body is larger than ${maxSize} bytes.`;
      throw new HttpError(413, 'Content too large', detail, { errors: [{ field: 'body', detail }] });
    },
  });
}
