import { UserError } from '../errors.js';
import type { Http } from '../rest-client/http-over.js';
import { awaitApproval, type MonotonicClock } from './await-approval.js';
import { requestDeviceAuthorization, type DeviceAuthorization } from './device-authorization.js';
import { discoverServer, type ServerMetadata } from './metadata.js';
import { pollOnce } from './poll.js';
import { revokeToken } from './revoke.js';

export type { DeviceAuthorization } from './device-authorization.js';
export { LoginNotApproved, type MonotonicClock } from './await-approval.js';

/**
 * The OAuth 2.0 device flow (RFC 8628) with one server, and the way back (RFC 7009). Works with any server that
 * publishes its metadata (RFC 8414). Whatever goes wrong is a `UserError` that names the server.
 */
export interface DeviceFlow {
  /** Looks up the server's endpoints. The other methods do it when they need it; this is for those who have time now. */
  discover(signal?: AbortSignal): Promise<void>;

  /** Asks for a code. The addresses it gets are checked: they may be printed and opened. */
  start(request: { tokenName: string; hostName: string; signal?: AbortSignal }): Promise<DeviceAuthorization>;

  /**
   * Waits for the person and returns the token; see `awaitApproval` for the other ends. To be called right after
   * `start`: the lifetime of the code is counted from here.
   */
  awaitApproval(
    authorization: DeviceAuthorization,
    options: { clock: MonotonicClock; signal: AbortSignal },
  ): Promise<string>;

  /**
   * Tells the server that nobody waits any more, so that the code cannot be approved. Best effort: ends soon, and
   * does not throw.
   */
  cancel(authorization: DeviceAuthorization): Promise<void>;

  /** Makes a token worthless; one that the server does not know counts as revoked. */
  revoke(token: string, signal?: AbortSignal): Promise<void>;
}

/** A person who pressed Ctrl-C waits for this. */
const cancelTimeoutMs = 2_000;

export function createDeviceFlow({ http, clientId }: { http: Http; clientId: string }): DeviceFlow {
  let known: ServerMetadata | undefined;
  const metadata = async (signal?: AbortSignal) => (known ??= await discoverServer(http, signal));

  return {
    async discover(signal) {
      await metadata(signal);
    },

    async start({ tokenName, hostName, signal }) {
      const { deviceAuthorizationEndpoint: endpoint } = await metadata(signal);
      return requestDeviceAuthorization(http, { endpoint, clientId, tokenName, hostName, signal });
    },

    async awaitApproval({ deviceCode, expiresIn, interval }, { clock, signal }) {
      const { tokenEndpoint: endpoint } = await metadata(signal);
      const poll = () => pollOnce(http, { endpoint, clientId, deviceCode, signal });
      return awaitApproval({ serverUrl: http.serverUrl, expiresIn, interval, poll, clock, signal });
    },

    async cancel({ deviceCode }) {
      try {
        const { revocationEndpoint: endpoint } = await metadata();
        const hint = 'device_code';
        await revokeToken(http, { endpoint, clientId, token: deviceCode, hint, timeoutMs: cancelTimeoutMs });
      } catch (error) {
        // The code expires by itself in minutes; a second failure would only hide why the login ended.
        if (!(error instanceof UserError)) throw error;
      }
    },

    async revoke(token, signal) {
      const { revocationEndpoint: endpoint } = await metadata(signal);
      await revokeToken(http, { endpoint, clientId, token, hint: 'access_token', signal });
    },
  };
}
