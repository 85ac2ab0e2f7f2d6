import { findCredential } from '../../../credentials/credentials.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, printResult } from '../../io.js';
import { notLoggedIn, serverInUse } from '../../servers.js';
import type { WhoAmIFlags } from './command.js';

/** Prints the person's name as the server has it now; the server is asked each time, since a token may have ended. */
export async function whoAmI(flags: WhoAmIFlags, dependencies: Dependencies): Promise<void> {
  const serverUrl = await serverInUse(flags.nxCloudUrl, dependencies);
  const credential = await findCredential({
    env: dependencies.env,
    credentials: await dependencies.credentials(),
    serverUrl,
  });
  if (credential === null) throw notLoggedIn(serverUrl);
  const { user } = await (await dependencies.restClient(serverUrl)).whoAmI(credential.token);
  if (flags.json) printJson(dependencies.io, { serverUrl, user });
  else printResult(dependencies.io, user.name);
}
