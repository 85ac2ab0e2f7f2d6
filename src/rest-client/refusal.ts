import { AuthenticationRequired } from '../errors.js';
import { Refused, UnexpectedAnswer } from './errors.js';
import type { HttpAnswer } from './http-answer.js';
import { isObject } from './narrow.js';
import { printable } from './printable.js';

/** What was asked of the server, for the sentence that says that it did not happen. */
export interface Task {
  /** After "was asked for": `who you are`, `the removal of a member`. */
  what: string;
  /** What to type next, by status; the rest is the same for all tasks. */
  remedies?: Readonly<Record<number, string>>;
}

const checkServer = 'Check that this is an nxkey server; if it is, update the older of the two, server or CLI.';

const commonRemedies: Readonly<Record<number, string>> = {
  400: 'Nothing was changed. What the command takes is shown by its --help.',
  403: 'Somebody with the right to do it can, or can give it to you; who that is shows:  npx nxkey member list',
  409: 'Nothing was changed.',
};

/** The error that an answer of status 4xx stands for. What the server says about it is quoted, bounded and printable. */
export function refusal(serverUrl: string, { what, remedies }: Task, { status, body }: HttpAnswer): Error {
  const detail = detailOf(body);
  const because = detail === '' ? '' : ` ${detail}`;
  if (status === 401) {
    return new AuthenticationRequired(`${serverUrl} does not accept the token.${because}`, {
      remedy: `Get a new one: npx nxkey login ${serverUrl}`,
    });
  }
  const message = `${serverUrl} was asked for ${what} and refused (status ${status}).${because}`;
  // A problem body: said by the API itself, not by something in front of it that knows no such path.
  if (!isObject(body) || body['status'] !== status)
    return new UnexpectedAnswer(message, { remedy: checkServer, status });
  return new Refused(message, { remedy: remedies?.[status] ?? commonRemedies[status] ?? checkServer, status });
}

function detailOf(body: unknown): string {
  if (!isObject(body)) return '';
  const detail = typeof body['detail'] === 'string' ? body['detail'] : '';
  const errors: unknown[] = Array.isArray(body['errors']) ? body['errors'].slice(0, 5) : [];
  const fields = errors.map((error) => fieldError(error, detail));
  return [printable(detail, 300), ...fields].filter((text) => text !== '').join(' ');
}

/** Which field of the request was wrong (`Problem.errors`), unless all of it is said already. */
function fieldError(error: unknown, said: string): string {
  if (!isObject(error) || typeof error['field'] !== 'string' || typeof error['detail'] !== 'string') return '';
  if (said.includes(error['detail'])) return '';
  return `(${printable(error['field'], 60)}: ${printable(error['detail'], 200)})`;
}
