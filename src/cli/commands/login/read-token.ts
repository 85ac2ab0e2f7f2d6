import { UserError } from '../../../errors.js';
import { tokenShape } from '../../../protocol/tokens.js';
import type { Dependencies } from '../../dependencies.js';
import { readInput } from '../../read-input.js';

/** The commands that take one, as they are typed. */
export type TokenCommand = 'login --with-token' | 'configure';

/**
 * A personal access token from standard input; a person at a terminal is asked for it, unseen.
 * @throws {UserError} when what is there cannot be one
 */
export async function readToken(typed: TokenCommand, { io, prompts }: Dependencies): Promise<string> {
  const text = io.interactive ? await (await prompts()).password('Personal access token:') : await readInput(io.stdin);
  return personalAccessTokenIn(text, 'on standard input', typed);
}

/**
 * @param place where the text was given
 * @throws {UserError} when it cannot be a personal access token. Never with the text: it may be another secret
 */
export function personalAccessTokenIn(
  text: string,
  place: 'on standard input' | 'in --personal-access-token',
  typed: TokenCommand,
): string {
  const token = text.trim();
  const shape = tokenShape(token);
  switch (shape.kind) {
    case 'personal':
      return token;
    case 'ci':
    case 'legacy-ci':
      throw new UserError(`The token ${place} is a CI access token. It belongs to a workspace, not to you.`, {
        remedy:
          'Put CI access tokens into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and log in with:  npx nxkey login',
      });
    case 'mistyped':
      throw new UserError(`The token ${place} is damaged: characters are missing or changed.`, {
        remedy: 'Copy the whole token again; it starts with nxp_ and has 40 characters.',
      });
    case 'unknown':
      throw new UserError(
        token === '' ? `There is no token ${place}.` : `What is ${place} is no personal access token.`,
        {
          remedy: `A personal access token starts with nxp_. Pass one like this:  npx nxkey ${typed} < token.txt`,
        },
      );
  }
}
