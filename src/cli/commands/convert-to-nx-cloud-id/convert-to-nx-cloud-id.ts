import { relative, resolve } from 'node:path';
import { UsageError, UserError } from '../../../errors.js';
import { applyConversion, refuseSeveralTokens } from '../../../conversion/apply.js';
import { givenId, type IdSource } from '../../../conversion/ids.js';
import { planConversion } from '../../../conversion/plan.js';
import { askServers } from '../../../conversion/server-answers.js';
import { serverIds } from '../../../conversion/server-ids.js';
import { findWorkspace, workspaceAt } from '../../../nx-workspace/find-workspace.js';
import { findServerUrl, type ServerUrlSources } from '../../../nx-workspace/server-url.js';
import type { Dependencies } from '../../dependencies.js';
import { printResult } from '../../io.js';
import type { ConvertFlags } from './command.js';
import { tellPeople } from './tell-report.js';

/**
 * Replaces the access tokens in a workspace's nx.json by nxCloudIds. With `--json` one `ConversionReport` goes to stdout
 * and nothing to stderr; with `--dry-run` a diff goes to stdout and nothing is written.
 * @throws {UserError} when anything stands in the way; nx.json is then as it was
 */
export async function convertToNxCloudId(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const { io, cwd, env } = dependencies;
  const workspace = await chosenWorkspace(flags.workspace, cwd);
  const plan = await planConversion(workspace, {
    ids: idSource(flags, dependencies),
    display: (path) => relative(cwd, path),
    loginServer: ({ serverUrls }) => loginServer({ argument: flags.server, env, workspace: { serverUrls } }),
    tokenTo: flags.tokenTo,
  });
  if (flags.tokenTo !== undefined) refuseSeveralTokens(plan);
  const tokenFile = flags.tokenTo === undefined ? undefined : resolve(cwd, flags.tokenTo);
  const report = flags.dryRun ? plan.report : await applyConversion(plan, tokenFile);
  if (flags.json) {
    printResult(io, JSON.stringify(report));
    return;
  }
  if (report.status === 'would-convert') {
    const { maskedDiff } = await import('../../../conversion/masked-diff.js');
    io.stdout.write(maskedDiff(plan));
  }
  tellPeople(report, flags, dependencies);
}

function idSource({ nxCloudId, server }: ConvertFlags, { env, restClient }: Dependencies): IdSource {
  return nxCloudId === undefined ? serverIds(askServers(restClient), { argument: server, env }) : givenId(nxCloudId);
}

async function chosenWorkspace(named: string | undefined, cwd: string): Promise<string> {
  if (named !== undefined) return workspaceAt(resolve(cwd, named));
  const around = await findWorkspace(cwd);
  if (around !== undefined) return around;
  throw new UserError(`There is no Nx workspace here: no nx.json in ${cwd}, nor in any folder above.`, {
    remedy: 'Go into the workspace, or name it:  npx nxkey convert-to-nx-cloud-id <workspace>',
  });
}

/** For the text only: with `--nx-cloud-id` no server is asked, and one that is named wrongly is in nobody's way. */
function loginServer(sources: ServerUrlSources): string | undefined {
  try {
    return findServerUrl(sources)?.url;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
