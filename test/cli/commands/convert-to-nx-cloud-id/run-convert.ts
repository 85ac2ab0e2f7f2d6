import { Readable } from 'node:stream';
import type { ConvertFlags } from '../../../../src/cli/commands/convert-to-nx-cloud-id/command.js';
import { convertToNxCloudId } from '../../../../src/cli/commands/convert-to-nx-cloud-id/convert-to-nx-cloud-id.js';
import { UserError } from '../../../../src/errors.js';
import { idOf } from '../../../nx-workspace/convert-text.js';
import { collectingDependencies } from '../../collecting-dependencies.js';
import { html, json, startAnsweringServer, type AnsweringServer } from '../../../support/answering-server.js';
import { recordOutput } from '../../../support/ledger.js';

/** What the command takes when nothing is given. */
export const noFlags: ConvertFlags = {
  paths: [],
  recursive: false,
  null: false,
  jobs: 8,
  force: false,
  commit: false,
  patchCi: false,
  scanHistory: false,
  rotate: false,
  grace: 604_800,
  dryRun: false,
  json: false,
};

export interface Result {
  stdout: string;
  stderr: string;
  /** What the command failed with, if it did. */
  error: UserError | undefined;
}

export async function runConvert(
  cwd: string,
  flags: Partial<ConvertFlags> = {},
  env: Record<string, string> = {},
  input: string | Buffer = '',
): Promise<Result> {
  const { dependencies: outside, printed } = collectingDependencies(cwd, env);
  const dependencies = { ...outside, io: { ...outside.io, stdin: Readable.from([Buffer.from(input)]) } };
  let error: UserError | undefined;
  try {
    await convertToNxCloudId({ ...noFlags, ...flags }, dependencies);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    error = thrown;
  }
  const failure = error === undefined ? '' : `${error.message}\n${error.remedy ?? ''}`;
  recordOutput(`convert-to-nx-cloud-id ${JSON.stringify(flags)}`, printed.stdout + printed.stderr + failure);
  return { ...printed, error };
}

/** A server that knows the tokens of `idOf`, and leaves their workspaces open to everybody, as an nxkey server answers. */
export async function startTokenServer(): Promise<AnsweringServer> {
  return startAnsweringServer({
    '/api/v1/ci-token': (request, response) => {
      const nxCloudId = idOf[request.headers.authorization?.replace('Bearer ', '') ?? ''];
      const problem = {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'Unknown token.',
        requestId: 'r1',
      };
      const found = {
        nxCloudId,
        accessLevel: 'read-write',
        workspace: { name: 'shop' },
        organization: { slug: 'acme', name: 'Acme' },
      };
      const answer =
        nxCloudId === undefined ? json(401, problem, { 'content-type': 'application/problem+json' }) : json(200, found);
      answer(request, response);
    },
    ...Object.fromEntries(
      Object.values(idOf).map((nxCloudId) => [
        `/api/v1/workspaces/${nxCloudId}/access`,
        json(200, { nxCloudId, level: 'read-write', because: 'anonymous access is read-write' }),
      ]),
    ),
    '/html/api/v1/ci-token': html(200, '<h1>Welcome</h1>'),
    '/odd/api/v1/ci-token': json(200, {
      nxCloudId: 'short',
      accessLevel: 'read-write',
      workspace: { name: 'a' },
      organization: { slug: 'a', name: 'a' },
    }),
  });
}
