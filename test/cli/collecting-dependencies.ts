import { PassThrough, Writable } from 'node:stream';
import { Chalk } from 'chalk';
import type { Dependencies } from '../../src/cli/dependencies.js';
import { createAdministrationClient } from '../../src/rest-client/create-administration-client.js';
import { createHttp } from '../../src/rest-client/http.js';
import { createRestClient } from '../../src/rest-client/create-rest-client.js';

/** The dependencies of a command in a folder: the real REST client, streams that collect, and nothing else. */
export function collectingDependencies(cwd: string, env: Record<string, string> = {}) {
  const printed = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        printed[name] += chunk.toString();
        done();
      },
    });
  const unused = () => {
    throw new Error('the command under test has no use for this');
  };
  const dependencies: Dependencies = {
    io: {
      stdin: new PassThrough(),
      stdout: collect('stdout'),
      stderr: collect('stderr'),
      interactive: false,
      columns: undefined,
      calledAs: 'nxkey',
      style: new Chalk({ level: 0 }),
    },
    env,
    cwd,
    platform: process.platform,
    signal: new AbortController().signal,
    clock: { date: unused, now: unused, sleep: unused },
    restClient: (serverUrl) =>
      Promise.resolve(createRestClient(createHttp({ serverUrl, env, userAgent: 'nxkey/test' }))),
    administration: (serverUrl, token) =>
      Promise.resolve(createAdministrationClient(createHttp({ serverUrl, env, userAgent: 'nxkey/test' }), token)),
    hostName: unused,
    deviceFlow: unused,
    credentials: unused,
    credentialStore: unused,
    prompts: unused,
    openBrowser: unused,
    runProgram: unused,
  };
  return { dependencies, printed };
}
