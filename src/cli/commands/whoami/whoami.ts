import type { Dependencies } from '../../dependencies.js';
import { printJson, printResult } from '../../io.js';
import { credentialInUse } from '../../servers.js';
import type { WhoAmIFlags } from './command.js';

/** Prints the person's name as the server has it now; the server is asked each time, since a token may have ended. */
export async function whoAmI(flags: WhoAmIFlags, dependencies: Dependencies): Promise<void> {
  const { serverUrl, token } = await credentialInUse(flags.nxCloudUrl, dependencies);
  const { user } = await (await dependencies.restClient(serverUrl)).whoAmI(token);
  if (flags.json) printJson(dependencies.io, { serverUrl, user });
  else printResult(dependencies.io, user.name);
}
