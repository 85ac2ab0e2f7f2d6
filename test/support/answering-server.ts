import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingMessage['headers'];
  form: URLSearchParams;
  /** The body as it came. */
  body: string;
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void;

export interface AnsweringServer {
  url: string;
  /** By path, query left out; the test may change it while the server runs. What is not here is answered 404. */
  answers: Record<string, Answer>;
  requests: ReceivedRequest[];
}

/** A server on loopback, until the test has finished, that answers what the test wants: most of all the wrong thing. */
export async function startAnsweringServer(answers: Record<string, Answer> = {}): Promise<AnsweringServer> {
  const requests: ReceivedRequest[] = [];
  const state = { url: '', answers, requests };
  const listener: RequestListener = (message, response) => {
    void text(message).then((body) => {
      const { method = '', url = '', headers } = message;
      const request = { method, path: url, headers, form: new URLSearchParams(body), body };
      requests.push(request);
      const answer = state.answers[url.replace(/\?.*/, '')] ?? html(404, '<h1>Not Found</h1>');
      answer(request, response);
    });
  };
  state.url = `http://127.0.0.1:${await listenUntilTestEnds(createServer(listener))}`;
  return state;
}

/** The port that the server got. */
export async function listenUntilTestEnds(server: Server): Promise<number> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

export function html(status: number, body: string): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  };
}

/** Half an answer, then the end of the connection. */
export const cutOff: Answer = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"half":', () => response.destroy());
};

/** Nothing at all, for ever. */
export const silence: Answer = () => undefined;
