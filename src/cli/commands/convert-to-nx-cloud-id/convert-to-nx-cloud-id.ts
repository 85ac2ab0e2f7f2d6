import { join, resolve } from 'node:path';
import { UsageError } from '../../../errors.js';
import { convertWorkspace, type Conversion } from '../../../conversion/convert-workspace.js';
import { givenId, type IdSource } from '../../../conversion/ids.js';
import { oneAtATime } from '../../../conversion/one-at-a-time.js';
import type { Rotator } from '../../../conversion/rotation/create-rotator.js';
import { failedReport, reportLine } from '../../../conversion/report.js';
import { askServers } from '../../../conversion/server-answers.js';
import { serverIds } from '../../../conversion/server-ids.js';
import { pathFrom } from '../../../files/path-from.js';
import { repositoryFinder } from '../../../git/repository.js';
import { findServerUrl, type ServerUrlSources } from '../../../nx-workspace/server-url.js';
import type { Dependencies } from '../../dependencies.js';
import { pathOf, theWorkspace, type Choice } from './chosen-workspaces.js';
import { isFleet, type ConvertFlags } from './command.js';
import { tellPeople } from './tell-report.js';

/** Converts what was chosen. @throws {UserError} when it cannot be done, or not for all */
export type Convert = (choice: Choice) => Promise<Conversion>;

/**
 * Replaces the access tokens in workspaces by nxCloudIds. With `--json` a `ConversionReport` for each goes to stdout;
 * with `--dry-run` a diff goes to stdout and nothing is written.
 * @throws {UserError} of a single workspace, what stands in its way; it is then as it was
 * @throws {PartlyFailed} when some of several failed
 */
export async function convertToNxCloudId(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const convert = await converting(flags, dependencies);
  if (isFleet(flags)) {
    const { convertFleet } = await import('./convert-fleet.js');
    await convertFleet(flags, dependencies, convert);
  } else {
    await convertOne(flags, dependencies, convert);
  }
}

async function convertOne(flags: ConvertFlags, dependencies: Dependencies, convert: Convert): Promise<void> {
  const { io, cwd } = dependencies;
  const choice = await theWorkspace(flags.paths[0], cwd);
  const { plan, report } = await convert(choice).catch((error: unknown) => {
    if (flags.json) io.stdout.write(`${reportLine(failedReport(pathOf(choice), error))}\n`);
    throw error;
  });
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

async function converting(flags: ConvertFlags, dependencies: Dependencies): Promise<Convert> {
  const { cwd, env } = dependencies;
  const ids = await idSource(flags, dependencies);
  const inTurn = oneAtATime();
  const findRepository = repositoryFinder(env);
  const rotate =
    flags.secretCommand === undefined ? undefined : await rotating(flags.secretCommand, flags, dependencies);
  return async (choice) => {
    if (choice.kind === 'problem') throw choice.error;
    const { named, workspace, names } = choice;
    return convertWorkspace(workspace, {
      names,
      ids,
      // As the person knows it: a workspace may have been named by a link.
      display: (path) => pathFrom(cwd, join(named, pathFrom(workspace, path))),
      loginServer: ({ serverUrls }) => loginServer({ argument: flags.server, env, workspace: { serverUrls } }),
      tokenTo: flags.tokenTo,
      rotates: flags.rotate,
      tokenFile: flags.tokenTo === undefined ? undefined : resolve(cwd, flags.tokenTo),
      dryRun: flags.dryRun,
      force: flags.force,
      commit: flags.commit ? { message: flags.message, branch: flags.branch } : undefined,
      patchCi: flags.patchCi,
      scanHistory: flags.scanHistory,
      rotate,
      findRepository,
      inTurn,
    });
  };
}

async function rotating(secretCommand: string, flags: ConvertFlags, dependencies: Dependencies): Promise<Rotator> {
  const [{ createRotator }, { parseSecretCommand }, { administrationOf }] = await Promise.all([
    import('../../../conversion/rotation/create-rotator.js'),
    import('../../../conversion/rotation/secret-command.js'),
    import('../../administration.js'),
  ]);
  const command = parseSecretCommand(secretCommand);
  const { env, cwd, platform, signal } = dependencies;
  const client = await administrationOf(flags, dependencies);
  return createRotator({ client, command, graceSeconds: flags.grace, env, cwd, platform, signal });
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
