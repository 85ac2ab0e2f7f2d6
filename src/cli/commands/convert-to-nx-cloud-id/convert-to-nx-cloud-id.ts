import { unlink } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Cancelled, UsageError, UserError } from '../../../errors.js';
import { writeFileAtomically } from '../../../files/atomic-write.js';
import { createPrivateFile } from '../../../files/create-private-file.js';
import { findAccessTokens, type AccessToken } from '../../../nx-workspace/access-tokens.js';
import { configurationOf, readNxJson, type WorkspaceConfiguration } from '../../../nx-workspace/configuration.js';
import { findWorkspace, nxJsonName, workspaceAt } from '../../../nx-workspace/find-workspace.js';
import { NxJsonProblem, parseNxJson, positionAt, type NxJson } from '../../../nx-workspace/nx-json.js';
import { tokenVariablesOf } from '../../../nx-workspace/nx-cloud-env.js';
import { readPackages } from '../../../nx-workspace/packages.js';
import { rewriteNxJson, type Replacement } from '../../../nx-workspace/rewrite.js';
import { findServerUrl, resolveServerUrl, type ServerUrl } from '../../../nx-workspace/server-url.js';
import { findTokensInText } from '../../../protocol/token-search.js';
import type { AccessLevel } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson } from '../../io.js';
import type { ConvertFlags } from './command.js';
import { outcomeOf, tellPeople, type ConversionReport } from './conversion-report.js';
import { nextSteps } from './next-steps.js';
import { resolveIds } from './resolve-ids.js';

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
  const file = relative(cwd, path);
  const { nxJson, accessTokens } = readTokens(text, file);
  const configuration = configurationOf(nxJson);

  const server = accessTokens.length === 0 ? undefined : chosenServer(flags, accessTokens, configuration, dependencies);
  const replacements = await replacementsFor(accessTokens, flags, server, dependencies, file);
  const converted = rewriteNxJson(text, replacements).text;
  const facts = {
    replacements,
    anonymousLevel: await anonymousLevel(replacements, server, dependencies),
    packages: await readPackages(workspace),
    tokenVariables: await tokenVariablesOf(workspace),
    linesWithTokens: linesWithTokens(converted),
    serverUrl: server?.url ?? namedServer(flags, configuration, dependencies),
    tokenFile: flags.tokenTo,
  };
  const report: ConversionReport = {
    workspace,
    nxJson: path,
    ...outcomeOf(replacements, configuration.nxCloudId, flags.dryRun),
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

function readTokens(text: string, file: string): { nxJson: NxJson; accessTokens: AccessToken[] } {
  try {
    const nxJson = parseNxJson(text);
    return { nxJson, accessTokens: findAccessTokens(nxJson) };
  } catch (error) {
    throw error instanceof NxJsonProblem ? error.in(file) : error;
  }
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
  file: string,
): Promise<Replacement[]> {
  if (nxCloudId !== undefined) return accessTokens.map((accessToken) => ({ accessToken, nxCloudId }));
  if (server === undefined) return [];
  return resolveIds(accessTokens, await dependencies.restClient(server.url), file);
}

/** For the text only: with `--nx-cloud-id` no server is asked, and one that is named wrongly is in nobody's way. */
function namedServer(
  { server }: ConvertFlags,
  workspace: Pick<WorkspaceConfiguration, 'serverUrls'>,
  { env }: Dependencies,
): string | undefined {
  try {
    return findServerUrl({ argument: server, env, workspace })?.url;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** The most that anybody may do in one of the workspaces; `undefined` when that is not known. */
async function anonymousLevel(
  replacements: readonly Replacement[],
  server: ServerUrl | undefined,
  dependencies: Dependencies,
): Promise<AccessLevel | undefined> {
  if (server === undefined || replacements.length === 0) return undefined;
  const client = await dependencies.restClient(server.url);
  const ids = new Set(replacements.map(({ nxCloudId }) => nxCloudId));
  try {
    const accesses = await Promise.all([...ids].map((nxCloudId) => client.workspaceAccess(nxCloudId)));
    return levels.findLast((level) => accesses.some((access) => access?.level === level));
  } catch (error) {
    // It decides about one sentence only, and the server has already told the ids.
    if (!(error instanceof UserError) || error instanceof Cancelled) throw error;
    return undefined;
  }
}

const levels: readonly AccessLevel[] = ['none', 'read-only', 'read-write'];

function linesWithTokens(text: string): number[] {
  return [...new Set(findTokensInText(text).map(({ offset }) => positionAt(text, offset).line))];
}

interface TokenFile {
  path: string;
  token: string;
}

function tokenFile(
  [accessToken]: readonly AccessToken[],
  tokenTo: string | undefined,
  cwd: string,
): TokenFile | undefined {
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
