import { z } from 'zod';
import type { AppContext } from '../../http/app-env.js';
import { validationError } from '../../http/error-responses.js';
import { HttpError } from '../../http/errors.js';

/**
 * The JSON object that Nx has sent. Versions of Nx differ in what they send, so a field that is missing or of another
 * type than expected is as good as none: the schema says what then holds.
 *
 * @throws {HttpError} when it is no JSON object, or not called one: a page of another site cannot send that header
 *   without asking first (CORS), and so cannot use up what one address may do
 */
export async function nxBody<Schema extends z.ZodType>(c: AppContext, schema: Schema): Promise<z.infer<Schema>> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new HttpError(415, 'Unsupported content type', 'The body has to be application/json.');
  }
  const parsed = schema.safeParse(await json(c));
  if (!parsed.success) throw validationError(parsed.error);
  return parsed.data;
}

async function json(c: AppContext): Promise<unknown> {
  try {
    return await c.req.json<unknown>();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new HttpError(400, 'Bad request', 'The body is not JSON.', {
      errors: [{ field: 'body', detail: 'is not JSON' }],
    });
  }
}

/** Text, or nothing. */
export const textOrNull = z.string().max(1000).nullable().catch(null);
