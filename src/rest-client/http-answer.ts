import { headers as headerNames } from '../protocol/headers.js';
import { UnexpectedAnswer } from './errors.js';
import { printable } from './printable.js';

export interface HttpAnswer {
  status: number;
  /** Parsed JSON; `undefined` for an empty body. */
  body: unknown;
}

export interface RawAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

const checkAddress = 'Check the address; nxkey needs the URL of an nxkey server.';

/**
 * Sorts out every answer that does not come from the API itself: redirects, web pages, broken servers.
 * @throws {UnexpectedAnswer}
 */
export function readAnswer(serverUrl: string, { status, headers, text }: RawAnswer): HttpAnswer {
  const header = (name: string) => [headers[name]].flat()[0] ?? '';

  if (status >= 300 && status < 400) throw redirected(serverUrl, status, header('location'));
  if (status === 429) throw tooManyRequests(serverUrl, header('retry-after'));
  if (status >= 500) throw serverFailed(serverUrl, status, header(headerNames.requestId));
  if (text === '' && status < 300) return { status, body: undefined };
  if (!isJson(header('content-type'))) throw notJson(serverUrl, status, header('content-type'));
  try {
    const body: unknown = JSON.parse(text);
    return { status, body };
  } catch {
    // The parser's own message quotes the text, in which a token may stand: it is not kept as the cause.
    throw new UnexpectedAnswer(`${serverUrl} answered with JSON that is damaged (status ${status}).`, {
      remedy: `Try again. If it goes on: ${checkAddress}`,
      status,
    });
  }
}

function isJson(contentType: string): boolean {
  return /^application\/([^;]+\+)?json\s*(;|$)/i.test(contentType);
}

function notJson(serverUrl: string, status: number, contentType: string): UnexpectedAnswer {
  const type = printable(contentType, 60);
  const what = type.includes('html') ? 'HTML' : type === '' ? 'something of no declared type' : type;
  return new UnexpectedAnswer(
    `${serverUrl} answered with ${what} where JSON was expected (status ${status}). Is this an nxkey server?`,
    { remedy: checkAddress, status },
  );
}

function redirected(serverUrl: string, status: number, location: string): UnexpectedAnswer {
  const target = URL.canParse(location, serverUrl) ? new URL(location, serverUrl) : undefined;
  if (target === undefined || target.origin === new URL(serverUrl).origin) {
    return new UnexpectedAnswer(
      `${serverUrl} answered with a redirect to another page of its own (status ${status}). Is this an nxkey server?`,
      { remedy: checkAddress, status },
    );
  }
  return new UnexpectedAnswer(
    `${serverUrl} redirects to ${printable(target.origin)}. No redirect is followed, so that no token goes astray.`,
    { remedy: `If you trust ${printable(target.origin)}, give that address instead.`, status },
  );
}

function tooManyRequests(serverUrl: string, retryAfter: string): UnexpectedAnswer {
  // The other form of Retry-After is a date; it would have to be read by a clock that may be wrong.
  const wait = /^\d{1,6}$/.test(retryAfter) ? `${Number(retryAfter)} seconds` : 'a minute';
  return new UnexpectedAnswer(`${serverUrl} got too many requests and asks to wait (status 429).`, {
    remedy: `Wait ${wait}, then try again.`,
    status: 429,
  });
}

function serverFailed(serverUrl: string, status: number, requestId: string): UnexpectedAnswer {
  const id = printable(requestId, 80);
  const request = id === '' ? '' : `, request ${id}`;
  return new UnexpectedAnswer(`${serverUrl} failed to answer (status ${status}${request}).`, {
    remedy: 'Try again in a moment. If it goes on, tell whoever runs the server what stands here.',
    status,
  });
}
