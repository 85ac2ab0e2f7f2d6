import { z } from '@hono/zod-openapi';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { OAuthError } from '../http/errors.js';

/** The programs that may ask for tokens. All are public clients: an id and no secret. */
const clientNames = new Map([[cliClientId, 'nxkey command line']]);

/** @throws {OAuthError} for a client nobody registered */
export function requireKnownClient(clientId: string): void {
  if (!clientNames.has(clientId)) throw new OAuthError('invalid_client', 'The client_id is not known here.');
}

export function clientName(clientId: string): string {
  return clientNames.get(clientId) ?? clientId;
}

export const clientIdSchema = z.string('is missing, or given twice').max(200).openapi({ example: cliClientId });

export const secretSchema = z.string('is missing, or given twice').min(1, 'is empty').max(1000, 'is too long');

/** A parameter sent without a value counts as not sent (RFC 6749 §3.1). */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}

/** Text of a client's that people will read: no control characters, and none that change the direction of writing. */
export function printable(maxLength: number) {
  return z
    .string('is given twice')
    .max(maxLength, `may have at most ${maxLength} characters`)
    .regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'has characters that cannot be shown');
}

export function form<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/x-www-form-urlencoded': { schema } } } };
}

export const oauthErrorSchema = z
  .object({ error: z.string(), error_description: z.string(), request_id: z.string() })
  .openapi('OAuthError');
