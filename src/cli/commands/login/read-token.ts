import { UserError } from '../../../errors.js';
import { tokenShape } from '../../../protocol/tokens.js';
import type { Dependencies } from '../../dependencies.js';
import { readInput } from '../../read-input.js';

/**
 * A personal access token from standard input; a person at a terminal is asked for it, unseen.
 * @throws {UserError} when what is there cannot be one
 */
export async function readToken({ io, prompts }: Dependencies): Promise<string> {
  const text = io.interactive ? await (await prompts()).password('Personal access token:') : await readInput(io.stdin);
  const token = text.trim();
  const shape = tokenShape(token);
  switch (shape.kind) {
    case 'personal':
      return token;
    case 'ci':
    case 'legacy-ci':
      throw new UserError('Standard input has a CI access token. It belongs to a workspace, not to you.', {
        remedy:
          'Put CI access tokens into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and log in without --with-token.',
      });
    case 'mistyped':
      throw new UserError('The token on standard input is damaged: characters are missing or changed.', {
        remedy: 'Copy the whole token again; it starts with nxp_ and has 40 characters.',
      });
    case 'unknown':
      throw new UserError(
        token === ''
          ? 'There is no token on standard input.'
          : 'What is on standard input is no personal access token.',
        {
          remedy:
            'A personal access token starts with nxp_. Pass one like this:  npx nxkey login --with-token < token.txt',
        },
      );
  }
}
