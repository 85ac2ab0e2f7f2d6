import { createDeviceFlow, type DeviceFlow } from '../../src/device-flow/device-flow.js';
import { cliClientId, deviceCodeGrantType } from '../../src/protocol/oauth.js';
import { paths } from '../../src/protocol/paths.js';
import { createHttp } from '../../src/rest-client/http.js';
import { json, startAnsweringServer, type Answer, type AnsweringServer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';

export const deviceCode = 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS';
export const accessToken = 'nxp_thisIsNotARealTokenButLooksLikeOne333333';
recordToken(deviceCode);
recordToken(accessToken);

export interface DeviceServer extends AnsweringServer {
  flow: DeviceFlow;
  /** What a well-behaved server says; a test spreads it and spoils a part. */
  metadata: Record<string, unknown>;
  authorization: Record<string, unknown>;
  /** One answer per poll, in this order; the last one for ever. */
  answerPolls(...answers: Answer[]): void;
}

export const pending = json(400, { error: 'authorization_pending' });
export const slowDown = json(400, { error: 'slow_down' });
export const granted = json(200, { access_token: accessToken, token_type: 'Bearer' });

/** A device-flow server on loopback that does everything right, until a test changes one of its answers. */
export async function startDeviceServer({ timeoutMs = 10_000 } = {}): Promise<DeviceServer> {
  const server = await startAnsweringServer();
  const { url } = server;
  const metadata = {
    issuer: url,
    device_authorization_endpoint: url + paths.deviceAuthorization,
    token_endpoint: url + paths.token,
    revocation_endpoint: url + paths.revocation,
    grant_types_supported: [deviceCodeGrantType],
  };
  const authorization = {
    device_code: deviceCode,
    user_code: 'WDJB-MJHT',
    verification_uri: `${url}/device`,
    verification_uri_complete: `${url}/device?user_code=WDJB-MJHT`,
    expires_in: 600,
    interval: 5,
  };
  server.answers = {
    [paths.authorizationServerMetadata]: json(200, metadata),
    [paths.deviceAuthorization]: json(200, authorization),
    [paths.token]: granted,
    [paths.revocation]: (_, response) => response.writeHead(200).end(),
  };
  const http = createHttp({ serverUrl: url, env: {}, userAgent: 'nxkey/test', timeoutMs });
  return Object.assign(server, {
    flow: createDeviceFlow({ http, clientId: cliClientId }),
    metadata,
    authorization,
    answerPolls: (...answers: Answer[]) => {
      let next = 0;
      server.answers[paths.token] = (...exchange) => answers[Math.min(next++, answers.length - 1)]?.(...exchange);
    },
  });
}

export const machine = { tokenName: 'work laptop', hostName: 'laptop.acme.example' };
