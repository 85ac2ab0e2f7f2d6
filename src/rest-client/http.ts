import { createHttpOver, maxResponseSize, type Http, type HttpOptions } from './http-over.js';
import { proxySettings } from './proxy.js';
import { EnvHttpProxyAgent } from './undici.js';

export type { Http, HttpOptions } from './http-over.js';

/** Requests over undici, through the proxy of the environment where there is one. */
export function createHttp({ env, ...options }: HttpOptions): Http {
  const proxy = proxySettings(new URL(options.serverUrl), env);
  // Empty strings keep the agent from reading process.env itself.
  const agent = new EnvHttpProxyAgent({ httpProxy: '', httpsProxy: '', noProxy: '', maxResponseSize, ...proxy });
  return createHttpOver({
    ...options,
    proxied: proxy !== undefined,
    send: async (request) => {
      const { statusCode, headers, body } = await agent.request(request);
      return { status: statusCode, headers, text: await body.text() };
    },
  });
}
