import { UserError } from '../../../errors.js';
import { tokenShape } from '../../../protocol/tokens.js';
import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, printResult, tell } from '../../io.js';
import { readInput } from '../../read-input.js';
import type { CiTokenImportFlags } from './command.js';

/** Prints the id that the token is listed by. */
export async function importCiToken(flags: CiTokenImportFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const token = legacyToken(await readInput(io.stdin));
  const imported = await client.importCiToken(nxCloudId, { name: flags.name, token });
  tell(io, `${io.style.green('✓')} Imported a ${imported.accessLevel} token as "${imported.name}".`);
  tell(io, 'Next, in its repository:  npx nxkey convert-to-nx-cloud-id');
  if (flags.json) printJson(io, imported);
  else printResult(io, imported.id);
}

/** Looked at here already, so that no other secret is sent to a server that has no use for it. */
function legacyToken(text: string): string {
  const token = text.trim();
  const { kind } = tokenShape(token);
  if (kind === 'legacy-ci') return token;
  if (kind === 'ci') {
    throw new UserError('Standard input has a CI access token that an nxkey server made; only others are imported.', {
      remedy: 'It works already. See which there are:  npx nxkey ci-token list',
    });
  }
  throw new UserError(
    token === ''
      ? 'There is no token on standard input.'
      : 'What is on standard input is no access token of an nx.json.',
    { remedy: 'Copy the value of nxCloudAccessToken (or accessToken) whole:  … --token-stdin < token.txt' },
  );
}
