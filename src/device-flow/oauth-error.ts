import { isObject } from '../rest-client/narrow.js';
import { printable } from '../rest-client/printable.js';

/** An OAuth error response (RFC 6749 §5.2), made printable; `code` is `''` for any other body. */
export function oauthError(body: unknown): { code: string; description: string } {
  if (!isObject(body) || typeof body['error'] !== 'string') return { code: '', description: '' };
  const description = body['error_description'];
  return {
    code: printable(body['error'], 60),
    description: typeof description === 'string' ? printable(description) : '',
  };
}
