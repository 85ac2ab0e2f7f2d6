/**
 * A program for the tests of what only a whole process can have: NODE_EXTRA_CA_CERTS is read when Node starts. GETs
 * `/thing` of the server in its first argument and prints what came of it as one line of JSON.
 */
import { argv, env, stdout } from 'node:process';
import { UserError } from '../../src/errors.js';
import { createHttp } from '../../src/rest-client/http.js';

const serverUrl = argv[2] ?? '';
const result = await attempt().catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  return { name: error.name, message: error.message, remedy: error.remedy };
});
stdout.write(JSON.stringify(result));

async function attempt(): Promise<unknown> {
  const http = createHttp({ serverUrl, env, userAgent: 'nxkey/test' });
  return http.request({ method: 'GET', url: `${serverUrl}/thing`, bearer: env['TEST_TOKEN'] ?? '' });
}
