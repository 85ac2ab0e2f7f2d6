import { maxResponseSize } from '../rest-client/http-over.js';
import type { ProxySettings } from '../rest-client/proxy.js';
import { EnvHttpProxyAgent } from '../rest-client/undici.js';
import type { Connections, ConnectionsOptions } from './connections.js';

/** Over undici, past the proxy for the hosts in `NO_PROXY`. */
export function createProxiedConnections(
  { count, connectMs: timeout }: ConnectionsOptions,
  proxy: ProxySettings,
): Connections {
  const common = {
    // An empty string keeps the agent from reading process.env itself.
    ...{ httpProxy: '', ...proxy },
    ...{ connectTimeout: timeout, proxyTls: { timeout }, requestTls: { timeout } },
  };
  const questions = new EnvHttpProxyAgent({ ...common, maxResponseSize });
  // Without limits of time: see pace.ts.
  const artifacts = new EnvHttpProxyAgent({ ...common, connections: count, headersTimeout: 0, bodyTimeout: 0 });
  return {
    proxied: true,
    dispatch: (request, handler) => {
      artifacts.dispatch(request, handler);
    },
    send: async (request) => {
      const { statusCode, headers, body } = await questions.request(request);
      return { status: statusCode, headers, text: await body.text() };
    },
    destroy: (error) => {
      void artifacts.destroy(error);
    },
  };
}
