import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';

/** Below that it could be guessed. */
const minLength = 16;

/** @throws {UserError} when there is no token in the file */
export async function readMetricsToken(file: string): Promise<string> {
  const token = (await readText(file)).trim();
  if (token.length < minLength || /\s/.test(token)) {
    throw new UserError(
      `The file ${file} holds no token for /metrics: it has to be one word of ${minLength} or more.`,
      {
        remedy: `Make one: openssl rand -hex 32 > ${file}`,
      },
    );
  }
  return token;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(`The token for /metrics cannot be read: ${cause instanceof Error ? cause.message : file}`, {
      remedy: `Make one: openssl rand -hex 32 > ${file}`,
      cause,
    });
  }
}
