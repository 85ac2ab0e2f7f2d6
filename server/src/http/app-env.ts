import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ServerConfig } from '../config.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import type { Services } from '../domain/services.js';

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: HttpBindings;
  Variables: {
    services: Services;
    artifacts: ArtifactCache;
    config: ServerConfig;
    requestId: string;
    /** The client's address, behind as many proxies as are trusted. */
    ipAddress: string;
    /** Who the request turned out to be from; for the log. */
    userId: string | undefined;
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;
