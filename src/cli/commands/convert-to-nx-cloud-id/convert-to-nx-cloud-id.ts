import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../../../errors.js';
import type { ChosenWorkspace, ConvertOptions } from '../../../conversion/convert-workspace.js';
import { convertWorkspaces, type Outcome } from '../../../conversion/convert-workspaces.js';
import { givenId, type IdSource } from '../../../conversion/ids.js';
import { oneAtATime } from '../../../conversion/one-at-a-time.js';
import { failedReport, reportLine } from '../../../conversion/report.js';
import { askServers } from '../../../conversion/server-answers.js';
import { serverIds } from '../../../conversion/server-ids.js';
import { pathFrom } from '../../../files/path-from.js';
import { repositoryFinder, type FindRepository } from '../../../git/repository.js';
import { nxJsonName } from '../../../nx-workspace/find-workspace.js';
import { findServerUrl, type ServerUrlSources } from '../../../nx-workspace/server-url.js';
import type { Dependencies } from '../../dependencies.js';
import { pathOf, theWorkspace, type WorkspaceChoice } from './chosen-workspaces.js';
import { isFleet, type ConvertFlags } from './command.js';
import { tellPeople } from './tell-report.js';

/** Converts what was chosen. */
export interface Converter {
  /** Of one repository, where there is to be a commit: an outcome for each. @throws {Cancelled} */
  several: (choices: readonly WorkspaceChoice[]) => Promise<Outcome[]>;
  findRepository: FindRepository;
  /** With `--rotate`: has to be told of all workspaces of the run before the first is converted. */
  expect: ((choices: readonly WorkspaceChoice[]) => Promise<void>) | undefined;
}

/**
 * Replaces the access tokens in workspaces by nxCloudIds. With `--json` a `ConversionReport` for each goes to stdout;
 * with `--dry-run` a diff goes to stdout and nothing is written.
 * @throws {UserError} of a single workspace, what stands in its way; it is then as it was
 * @throws {PartlyFailed} when some of several failed
 */
export async function convertToNxCloudId(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const converter = await createConverter(flags, dependencies);
  if (isFleet(flags)) {
    const { convertFleet } = await import('./convert-fleet.js');
    await convertFleet(flags, dependencies, converter);
  } else {
    await convertOne(flags, dependencies, converter);
  }
}

async function convertOne(flags: ConvertFlags, dependencies: Dependencies, converter: Converter): Promise<void> {
  const { io, cwd } = dependencies;
  const choice = await theWorkspace(flags.paths[0], cwd);
  const [outcome] =
    choice.kind === 'problem' ? [{ error: choice.error, known: {} }] : await converter.several([choice]);
  if (outcome === undefined) throw new Error('A workspace has no outcome.');
  if ('error' in outcome) {
    if (flags.json) io.stdout.write(`${reportLine(failedReport(pathOf(choice), outcome.error, outcome.known))}\n`);
    throw outcome.error;
  }
  const { plan, report } = outcome;
  if (flags.json) {
    io.stdout.write(`${reportLine(report)}\n`);
    return;
  }
  if (report.status === 'would-convert') {
    const { maskedDiff } = await import('../../../conversion/masked-diff.js');
    io.stdout.write(maskedDiff(plan));
  }
  tellPeople(report, flags, dependencies);
}

async function createConverter(flags: ConvertFlags, dependencies: Dependencies): Promise<Converter> {
  const { cwd, env } = dependencies;
  const ids = await idSource(flags, dependencies);
  const findRepository = repositoryFinder(env);
  const rotating =
    flags.secretCommand === undefined ? undefined : await createRotating(flags.secretCommand, flags, dependencies);
  const options: ConvertOptions = {
    ids,
    loginServer: ({ serverUrls }) => loginServer({ argument: flags.server, env, workspace: { serverUrls } }),
    tokenTo: flags.tokenTo,
    rotates: flags.rotate,
    tokenFile: flags.tokenTo === undefined ? undefined : resolve(cwd, flags.tokenTo),
    dryRun: flags.dryRun,
    force: flags.force,
    commit: flags.commit ? { message: flags.message, branch: flags.branch } : undefined,
    patchCi: flags.patchCi,
    scanHistory: flags.scanHistory,
    rotate: rotating?.rotate,
    findRepository,
    inTurn: oneAtATime(),
  };
  const chosen = ({ named, workspace, names }: WorkspaceChoice): ChosenWorkspace => ({
    workspace,
    names,
    // As the person knows it: a workspace may have been named by a link.
    display: (path) => pathFrom(cwd, join(named, pathFrom(workspace, path))),
  });
  return {
    several: (choices) => convertWorkspaces(choices.map(chosen), options),
    findRepository,
    expect: rotating && (async (choices) => rotating.expect(choices.map(chosen), options)),
  };
}

async function createRotating(secretCommand: string, flags: ConvertFlags, dependencies: Dependencies) {
  const [{ createRotator }, { parseSecretCommand }, { createClaims, claimAll }, { administrationOf }] =
    await Promise.all([
      import('../../../conversion/rotation/create-rotator.js'),
      import('../../../conversion/rotation/secret-command.js'),
      import('../../../conversion/rotation/claims.js'),
      import('../../administration.js'),
    ]);
  const command = parseSecretCommand(secretCommand);
  const { env, cwd, platform, signal } = dependencies;
  // Of one workspace, wherever it is, the server is the one that its nx.json names.
  const [path] = isFleet(flags) ? [] : flags.paths;
  const folder = path === undefined ? cwd : resolve(cwd, basename(path) === nxJsonName ? dirname(path) : path);
  const client = await administrationOf(flags, { ...dependencies, cwd: folder });
  const claims = createClaims(env);
  return {
    rotate: createRotator({ client, command, claims, graceSeconds: flags.grace, env, cwd, platform, signal }),
    expect: (chosen: readonly ChosenWorkspace[], options: ConvertOptions) => claimAll(claims, chosen, options),
  };
}

async function idSource(
  { nxCloudId, map, server }: ConvertFlags,
  { cwd, env, restClient }: Dependencies,
): Promise<IdSource> {
  if (nxCloudId !== undefined) return givenId(nxCloudId);
  const asking = serverIds(askServers(restClient), { argument: server, env });
  if (map === undefined) return asking;
  const { mappedIds, readIdMap } = await import('../../../conversion/id-map.js');
  // Who gives a map wants no server asked, unless one is named beside it.
  return mappedIds(await readIdMap(resolve(cwd, map), map), map, server === undefined ? undefined : asking);
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
