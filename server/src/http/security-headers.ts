import { createMiddleware } from 'hono/factory';
import { isSecure } from '../config.js';
import type { AppEnv } from './app-env.js';

const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** On every answer, whatever it is. A handler that allows caching says so itself. */
export const securityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  c.header('content-security-policy', contentSecurityPolicy);
  c.header('referrer-policy', 'no-referrer');
  c.header('x-content-type-options', 'nosniff');
  c.header('cache-control', 'no-store');
  if (isSecure(c.get('config'))) c.header('strict-transport-security', 'max-age=31536000');
  await next();
});
