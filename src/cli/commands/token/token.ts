import { findCredential } from '../../../credentials/credentials.js';
import type { Dependencies } from '../../dependencies.js';
import { printResult } from '../../io.js';
import { notLoggedIn, serverInUse } from '../../servers.js';
import type { TokenFlags } from './command.js';

/** Prints the token that requests would be made with. The one command whose output is a token. */
export async function token(flags: TokenFlags, dependencies: Dependencies): Promise<void> {
  const serverUrl = await serverInUse(flags.nxCloudUrl, dependencies);
  const credential = await findCredential({
    env: dependencies.env,
    credentials: await dependencies.credentials(),
    serverUrl,
  });
  if (credential === null) throw notLoggedIn(serverUrl);
  printResult(dependencies.io, credential.token);
}
