// Rotates the tokens of one repository, in a process that a test can kill. What to do stands in the environment, where
// other processes of the same user alone can read it: the tokens are among it.
import { createClaims } from '../../../src/conversion/rotation/claims.js';
import { createRotator } from '../../../src/conversion/rotation/create-rotator.js';
import { parseSecretCommand } from '../../../src/conversion/rotation/secret-command.js';
import { createAdministrationClient } from '../../../src/rest-client/create-administration-client.js';
import { createHttp } from '../../../src/rest-client/http.js';

const { SERVER = '', PERSONAL = '', COMMAND = '', WORKSPACE = '', COMMITTED = '', NX_CLOUD_ID = '' } = process.env;

const http = createHttp({ serverUrl: SERVER, env: {}, userAgent: 'nxkey/test' });
const rotate = createRotator({
  client: createAdministrationClient(http, PERSONAL),
  claims: createClaims({ PATH: process.env['PATH'] }),
  command: parseSecretCommand(COMMAND),
  graceSeconds: 3600,
  env: { PATH: process.env['PATH'] },
  cwd: process.cwd(),
  platform: process.platform,
  signal: new AbortController().signal,
});
await rotate({ workspace: WORKSPACE, committed: [{ token: COMMITTED, nxCloudId: NX_CLOUD_ID }] });
