import type { Dependencies } from '../../dependencies.js';
import { printResult } from '../../io.js';
import { credentialInUse } from '../../servers.js';
import type { TokenFlags } from './command.js';

/** Prints the token that requests would be made with. The one command whose output is a token. */
export async function token(flags: TokenFlags, dependencies: Dependencies): Promise<void> {
  const credential = await credentialInUse(flags.nxCloudUrl, dependencies);
  printResult(dependencies.io, credential.token);
}
