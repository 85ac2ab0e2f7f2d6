import { ServerUnreachable, UnexpectedAnswer } from './errors.js';

export interface RequestContext {
  serverUrl: string;
  timeoutMs: number;
  proxied: boolean;
}

/** What a failed request means to a person. The code is `deadlineCode`, or what `errorCode` found in the cause. */
export function requestFailure(
  code: string,
  cause: unknown,
  context: RequestContext,
): ServerUnreachable | UnexpectedAnswer {
  const answer = unusableAnswers(code);
  // Without the cause: the parser's error holds the bytes it stumbled over.
  if (answer !== undefined) {
    return new UnexpectedAnswer(`${context.serverUrl} ${answer}. Is this an nxkey server?`, {
      remedy: 'Check the address and its port; nxkey needs the URL of an nxkey server.',
    });
  }
  const { what, remedy } = describe(code, context);
  const hint = context.proxied ? ' HTTPS_PROXY is set; hosts to be asked directly can be listed in NO_PROXY.' : '';
  return new ServerUnreachable(`Could not reach ${context.serverUrl}: ${what}.`, {
    remedy: remedy + hint,
    cause,
    timedOut: timeoutCodes.has(code),
  });
}

/** Our own deadline, for which there is no error. */
export const deadlineCode = 'DEADLINE';
/** More than `maxResponseSize`. */
export const tooMuchCode = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
const notHttpCode = 'HTTP_PARSER';
const proxyRefusedCode = 'UND_ERR_ABORTED';

/** The code of a system, TLS or undici error; `''` when it has none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // It should have a code HPE_…, but undici 7.30 looks that up in a table that it reads the wrong way round.
  if (error.name === 'HTTPParserError') return notHttpCode;
  // undici wraps a wrong certificate behind a proxy.
  if ('code' in error && error.code === 'UND_ERR_PRX_TLS') return errorCode(error.cause);
  return 'code' in error && typeof error.code === 'string' && /^[A-Z0-9_]+$/.test(error.code) ? error.code : '';
}

function unusableAnswers(code: string): string | undefined {
  if (code === tooMuchCode) return 'answered with more than 8 MiB, which no nxkey server does';
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW')
    return 'answered with headers of more than 16 KiB';
  return code === notHttpCode || code.startsWith('HPE_') ? 'answered with something that is not HTTP' : undefined;
}

const timeoutCodes = new Set([deadlineCode, 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** The chain ends at an authority that Node does not know, or does not end. */
const unknownAuthority = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function describe(code: string, { serverUrl, timeoutMs, proxied }: RequestContext): { what: string; remedy: string } {
  // Behind a proxy it is the only one that we look up and connect to.
  const host = proxied ? 'the proxy' : new URL(serverUrl).host;
  const checkAddress = 'Check the address for typing mistakes, and the network connection, then try again.';
  const checkServer = 'Check the address, and that the server is running, then try again.';

  if (unknownAuthority.has(code)) {
    return {
      what: `its certificate was not issued by an authority that Node.js knows (${code})`,
      remedy:
        "If your organization has its own certificate authority, save the authority's certificate as a PEM file and " +
        'set NODE_EXTRA_CA_CERTS=<that file>.',
    };
  }
  switch (code) {
    case 'ENOTFOUND':
      return {
        what: proxied ? 'there is no host of the name that the proxy has' : `there is no host of the name ${host}`,
        remedy: checkAddress,
      };
    case 'EAI_AGAIN':
      return { what: `the name ${proxied ? 'of the proxy' : host} could not be looked up`, remedy: checkAddress };
    case 'ECONNREFUSED':
      return { what: `nothing accepts connections at ${host}`, remedy: checkServer };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { what: `there is no way to ${host} from this network`, remedy: checkAddress };
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return { what: 'no connection was made in time', remedy: checkServer };
    case deadlineCode:
      return { what: `no complete answer came within ${timeoutMs / 1000} s`, remedy: checkServer };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return { what: 'the connection was cut before the answer was complete', remedy: 'Try again in a moment.' };
    case proxyRefusedCode:
      return { what: 'the proxy did not let the request through', remedy: 'Check the proxy.' };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return {
        what: `its certificate is not valid at this time (${code})`,
        remedy: "Check this machine's clock; if it is right, tell whoever runs the server.",
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { what: `its certificate is for another host than ${host}`, remedy: 'Check the address.' };
    default:
      if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
        return { what: `${host} does not speak TLS as it should (${code})`, remedy: 'Check the address and its port.' };
      }
      if (code === '') return { what: 'the request failed', remedy: checkServer };
      return { what: `the request failed (${code})`, remedy: checkServer };
  }
}
