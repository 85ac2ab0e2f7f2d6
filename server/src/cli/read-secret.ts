import { UserError } from '../errors.js';
import type { CliContext } from './context.js';

const maxLength = 4096;

/**
 * A secret from standard input: all of it but the line end that `echo` and editors add.
 *
 * @param what as a person knows it, for the message
 */
export async function readSecret({ stdin }: CliContext, what: string): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : chunk.toString('utf8');
    if (text.length > maxLength) throw new UserError(`What came on standard input is too long for a ${what}.`);
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') {
    throw new UserError(`No ${what} came on standard input.`, { remedy: `Pipe it in, for example: … < ${what}.txt` });
  }
  if (/[\r\n]/.test(secret))
    throw new UserError(`What came on standard input has several lines; one ${what} was expected.`);
  return secret;
}
