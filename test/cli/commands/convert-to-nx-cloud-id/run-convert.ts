import { PassThrough, Writable } from 'node:stream';
import { Chalk } from 'chalk';
import type { ConvertFlags } from '../../../../src/cli/commands/convert-to-nx-cloud-id/command.js';
import { convertToNxCloudId } from '../../../../src/cli/commands/convert-to-nx-cloud-id/convert-to-nx-cloud-id.js';
import type { Dependencies } from '../../../../src/cli/dependencies.js';
import { UserError } from '../../../../src/errors.js';
import { createHttp } from '../../../../src/rest-client/http.js';
import { createRestClient } from '../../../../src/rest-client/create-rest-client.js';
import { idOf } from '../../../nx-workspace/convert-text.js';
import { html, json, startAnsweringServer, type AnsweringServer } from '../../../support/answering-server.js';
import { recordOutput } from '../../../support/ledger.js';

export interface Result {
  stdout: string;
  stderr: string;
  /** What the command failed with, if it did. */
  error: UserError | undefined;
}

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
    throw new Error('convert-to-nx-cloud-id has no use for this');
  };
  const dependencies: Dependencies = {
    io: { stdin: new PassThrough(), stdout: collect('stdout'), stderr: collect('stderr'), interactive: false, style: new Chalk({ level: 0 }) },
    env,
    cwd,
    signal: new AbortController().signal,
    clock: { date: unused, now: unused, sleep: unused },
    restClient: (serverUrl) => Promise.resolve(createRestClient(createHttp({ serverUrl, env, userAgent: 'nxkey/test' }))),
    hostName: unused,
    deviceFlow: unused,
    credentials: unused,
    credentialStore: unused,
    prompts: unused,
    openBrowser: unused,
  };
  return { dependencies, printed };
}

export async function runConvert(cwd: string, flags: Partial<ConvertFlags> = {}, env: Record<string, string> = {}): Promise<Result> {
  const { dependencies, printed } = collectingDependencies(cwd, env);
  let error: UserError | undefined;
  try {
    await convertToNxCloudId({ dryRun: false, json: false, ...flags }, dependencies);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    error = thrown;
  }
  const failure = error === undefined ? '' : `${error.message}\n${error.remedy ?? ''}`;
  recordOutput(`convert-to-nx-cloud-id ${JSON.stringify(flags)}`, printed.stdout + printed.stderr + failure);
  return { ...printed, error };
}

/** A server that knows the tokens of `idOf`, as `GET /api/v1/ci-token` of an nxkey server answers. */
export async function startTokenServer(): Promise<AnsweringServer> {
  return startAnsweringServer({
    '/api/v1/ci-token': (request, response) => {
      const nxCloudId = idOf[request.headers.authorization?.replace('Bearer ', '') ?? ''];
      const problem = { type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'Unknown token.', requestId: 'r1' };
      const found = { nxCloudId, accessLevel: 'read-write', workspace: { name: 'shop' }, organization: { slug: 'acme', name: 'Acme' } };
      const answer = nxCloudId === undefined ? json(401, problem, { 'content-type': 'application/problem+json' }) : json(200, found);
      answer(request, response);
    },
    '/html/api/v1/ci-token': html(200, '<h1>Welcome</h1>'),
    '/odd/api/v1/ci-token': json(200, { nxCloudId: 'short', accessLevel: 'read-write', workspace: { name: 'a' }, organization: { slug: 'a', name: 'a' } }),
  });
}
