import { unlink } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { UsageError, UserError } from '../../../errors.js';
import { writeFileAtomically } from '../../../files/atomic-write.js';
import { createPrivateFile } from '../../../files/create-private-file.js';
import { findAccessTokens, type AccessToken } from '../../../nx-workspace/access-tokens.js';
import { configurationOf, readNxJson, type WorkspaceConfiguration } from '../../../nx-workspace/configuration.js';
import { findWorkspace, nxJsonName, workspaceAt } from '../../../nx-workspace/find-workspace.js';
import { parseNxJson, positionAt } from '../../../nx-workspace/nx-json.js';
import { tokenVariablesOf } from '../../../nx-workspace/nx-cloud-env.js';
import { readPackages } from '../../../nx-workspace/packages.js';
import { rewriteNxJson, type Replacement } from '../../../nx-workspace/rewrite.js';
import { resolveServerUrl, type ServerUrl } from '../../../nx-workspace/server-url.js';
import { findTokensInText } from '../../../nx-workspace/token-search.js';
import { maskToken } from '../../../protocol/tokens.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import type { ConvertFlags } from './command.js';
import { nextSteps } from './next-steps.js';
import { resolveIds } from './resolve-ids.js';

/** What `--json` prints. */
export interface ConversionReport {
  /** Absolute path of the workspace's root. */
  workspace: string;
  /** Absolute path of its nx.json. */
  nxJson: string;
  status: 'converted' | 'would-convert' | 'already-converted' | 'no-token';
  /** The ids that were put in; of a workspace that is converted already, the one it has. Without repetition. */
  nxCloudIds: string[];
  /** In the order of the file as it was before. Line and column count from 1, columns in UTF-16 units. */
  tokens: {
    /** Property names from the root to the token. */
    path: readonly string[];
    line: number;
    column: number;
    kind: AccessToken['kind'];
    nxCloudId: string;
    masked: string;
  }[];
  /** Sentences for people, in the order in which to act. */
  nextSteps: string[];
}

/**
 * Replaces the access tokens in a workspace's nx.json by nxCloudIds. With `--json` one `ConversionReport` goes to stdout
 * and nothing to stderr; with `--dry-run` a diff goes to stdout and nothing is written.
 * @throws {UserError} when anything stands in the way; nx.json is then as it was
 */
export async function convertToNxCloudId(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const { io, cwd } = dependencies;
  const workspace = await chosenWorkspace(flags.workspace, cwd);
  const path = join(workspace, nxJsonName);
  const { text, bytes } = await readNxJson(path);
  const nxJson = parseNxJson(text);
  const accessTokens = findAccessTokens(nxJson);
  const configuration = configurationOf(nxJson);

  const server = accessTokens.length === 0 ? undefined : chosenServer(flags, accessTokens, configuration, dependencies);
  const replacements = await replacementsFor(accessTokens, flags, server, dependencies);
  const converted = rewriteNxJson(text, replacements).text;
  const facts = {
    replacements,
    packages: await readPackages(workspace),
    tokenVariables: await tokenVariablesOf(workspace),
    linesWithTokens: linesWithTokens(converted),
    server,
    tokenFile: flags.tokenTo,
  };
  const report: ConversionReport = {
    workspace,
    nxJson: path,
    ...outcome(replacements, configuration.nxCloudId, flags.dryRun),
    tokens: replacements.map(describeToken),
    nextSteps: nextSteps(facts),
  };

  if (report.status === 'converted') {
    await write(path, converted, { expected: bytes, tokenFile: tokenFile(accessTokens, flags.tokenTo, cwd) });
  }
  if (flags.json) {
    printJson(io, report);
    return;
  }
  if (report.status === 'would-convert') {
    const { maskedDiff } = await import('./masked-diff.js');
    io.stdout.write(maskedDiff(text, converted, replacements));
  }
  tellPeople(report, flags, dependencies);
}

async function chosenWorkspace(named: string | undefined, cwd: string): Promise<string> {
  if (named !== undefined) return workspaceAt(resolve(cwd, named));
  const around = await findWorkspace(cwd);
  if (around !== undefined) return around;
  throw new UserError(`There is no Nx workspace here: no nx.json in ${cwd}, nor in any folder above.`, {
    remedy: 'Go into the workspace, or name it:  npx nxkey convert-to-nx-cloud-id <workspace>',
  });
}

/** The server to ask; none with `--nx-cloud-id`. What a flag can do for one token only is refused for several. */
function chosenServer(
  { nxCloudId, tokenTo, server }: ConvertFlags,
  accessTokens: readonly AccessToken[],
  workspace: Pick<WorkspaceConfiguration, 'serverUrls'>,
  { env }: Dependencies,
): ServerUrl | undefined {
  const count = new Set(accessTokens.map(({ token }) => token)).size;
  const places = accessTokens.map(({ line, column }) => `${line}:${column}`).join(', ');
  if (count > 1 && nxCloudId !== undefined) {
    throw new UsageError(`nx.json has ${count} different access tokens (${places}), and --nx-cloud-id gives one id.`, {
      remedy: 'Leave --nx-cloud-id out, so that the server is asked for each.',
    });
  }
  if (count > 1 && tokenTo !== undefined) {
    throw new UsageError(`nx.json has ${count} different access tokens (${places}), and --token-to takes one.`, {
      remedy: 'Leave --token-to out, and copy the tokens into the secrets of your CI before.',
    });
  }
  return nxCloudId === undefined ? resolveServerUrl({ argument: server, env, workspace }) : undefined;
}

async function replacementsFor(
  accessTokens: readonly AccessToken[],
  { nxCloudId }: ConvertFlags,
  server: ServerUrl | undefined,
  dependencies: Dependencies,
): Promise<Replacement[]> {
  if (nxCloudId !== undefined) return accessTokens.map((accessToken) => ({ accessToken, nxCloudId }));
  if (server === undefined) return [];
  return resolveIds(accessTokens, await dependencies.restClient(server.url));
}

function outcome(
  replacements: readonly Replacement[],
  presentId: string | undefined,
  dryRun: boolean,
): Pick<ConversionReport, 'status' | 'nxCloudIds'> {
  if (replacements.length > 0) {
    const nxCloudIds = [...new Set(replacements.map(({ nxCloudId }) => nxCloudId))];
    return { status: dryRun ? 'would-convert' : 'converted', nxCloudIds };
  }
  if (presentId !== undefined) return { status: 'already-converted', nxCloudIds: [presentId] };
  return { status: 'no-token', nxCloudIds: [] };
}

function describeToken({ accessToken, nxCloudId }: Replacement): ConversionReport['tokens'][number] {
  const { path, line, column, kind, token } = accessToken;
  return { path, line, column, kind, nxCloudId, masked: maskToken(token) };
}

function linesWithTokens(text: string): number[] {
  return [...new Set(findTokensInText(text).map(({ offset }) => positionAt(text, offset).line))];
}

interface TokenFile {
  path: string;
  token: string;
}

function tokenFile([accessToken]: readonly AccessToken[], tokenTo: string | undefined, cwd: string): TokenFile | undefined {
  if (accessToken === undefined || tokenTo === undefined) return undefined;
  return { path: resolve(cwd, tokenTo), token: accessToken.token };
}

/** The token's file first: once nx.json is converted, the token would be nowhere else in the work tree. */
async function write(
  path: string,
  converted: string,
  { expected, tokenFile }: { expected: Uint8Array; tokenFile: TokenFile | undefined },
): Promise<void> {
  if (tokenFile !== undefined) await createPrivateFile(tokenFile.path, `${tokenFile.token}\n`);
  try {
    await writeFileAtomically(path, converted, { expected });
  } catch (error) {
    if (tokenFile !== undefined) await unlink(tokenFile.path).catch(() => undefined);
    throw error;
  }
}

function tellPeople(report: ConversionReport, flags: ConvertFlags, { io, cwd }: Dependencies): void {
  const nxJson = relative(cwd, report.nxJson);
  switch (report.status) {
    case 'would-convert':
      tell(io, `${nxJson} was not changed (--dry-run).`);
      break;
    case 'converted':
      for (const { line, nxCloudId, masked } of report.tokens) {
        tell(io, `${nxJson}, line ${line}: the access token ${masked} is replaced by "nxCloudId": "${nxCloudId}".`);
      }
      break;
    case 'already-converted':
      tell(io, `${nxJson} already has its nxCloudId ${report.nxCloudIds.join()}; nothing to do.`);
      break;
    case 'no-token':
      tell(io, `${nxJson} has no access token; nothing to convert.`);
      break;
  }
  if (report.status !== 'converted' && flags.tokenTo !== undefined) tell(io, `So ${flags.tokenTo} was not written.`);
  if (report.nextSteps.length === 0) return;
  tell(io);
  tell(io, io.style.bold(report.status === 'would-convert' ? 'Left to do after the conversion:' : 'Left to do:'));
  for (const [index, step] of report.nextSteps.entries()) tell(io, `  ${index + 1}. ${step}`);
}
