/**
 * The two modules of undici that the client uses. undici publishes types for its entry point only, and importing that
 * costs twice as much: `node` with the whole package bundled started 65 ms later than without, with these two 30 ms
 * later (Node 20.20, undici 7.30; unbundled 105 and 30 ms). The agent for proxies adds nothing to the plain one.
 */
declare module 'undici/lib/dispatcher/env-http-proxy-agent.js' {
  import { EnvHttpProxyAgent } from 'undici';
  export default EnvHttpProxyAgent;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions & { origin: string },
  ): Promise<Dispatcher.ResponseData>;
}
