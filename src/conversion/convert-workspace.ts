import type { FindRepository, GitRepository } from '../git/repository.js';
import type { Listing } from '../files/look.js';
import { applyConversion, refuseSeveralTokens, type Undo } from './apply.js';
import type { CommitOptions } from './in-repository.js';
import type { OneAtATime } from './one-at-a-time.js';
import { askForIds, planChanges, type ConversionPlan, type PlanOptions } from './plan.js';
import { readText, readWorkspace, type WorkspaceContent } from './read-workspace.js';
import { describeCi, describeNx, type ConversionReport, type KnownOfFailed } from './report.js';
import type { Rotator } from './rotation/create-rotator.js';
import { notWrittenButRotated } from './rotation/not-written-but-rotated.js';

/** What all conversions of a run have in common. */
export interface ConvertOptions extends Omit<PlanOptions, 'display'> {
  dryRun: boolean;
  /** Absolute path of a new file for the token. */
  tokenFile: string | undefined;
  /** Write to files that have uncommitted changes, too. */
  force: boolean;
  commit: CommitOptions | undefined;
  scanHistory: boolean;
  rotate: Rotator | undefined;
  findRepository: FindRepository;
  /** Those in one repository would be in each other's way. */
  inTurn: OneAtATime;
}

/** One of the workspaces. */
export interface ChosenWorkspace {
  /** Its root folder, absolute and without links. */
  workspace: string;
  /** A path as messages have it. */
  display: (path: string) => string;
  /** All that the folder had just now, where that is known. */
  names?: readonly string[] | undefined;
}

export interface Conversion {
  plan: ConversionPlan;
  report: ConversionReport;
}

/** A conversion whose files are written, and not committed. */
export interface Written extends Conversion {
  /** What a commit is to have: what was written now, and by an earlier run. Absolute. */
  uncommitted: readonly string[];
  undo: Undo;
  /** The same error, or one that also says what cannot be taken back any more. */
  asFailure: (error: unknown) => unknown;
  known: KnownOfFailed;
}

export interface Surroundings {
  repository: GitRepository | undefined;
  listing: Listing;
  /** What this run has written in the repository and not committed yet: by path, the whole text. */
  written: ReadonlyMap<string, string>;
  /** Where that is put which has come out by the time that it fails. */
  known: KnownOfFailed;
}

/**
 * One workspace, from reading it to having it written.
 * @throws {UserError} when anything stands in the way; the workspace is then as it was
 */
export async function writeWorkspace(
  { workspace, display }: ChosenWorkspace,
  { repository, listing, written, known }: Surroundings,
  options: ConvertOptions,
): Promise<Written> {
  const content = await readWorkspace(workspace, {
    listing,
    display,
    read: readText,
    repositoryRoot: repository?.root,
    withCi: options.patchCi,
  });
  known.nx = describeNx(content.packages);
  known.elsewhere = [...content.elsewhere.tokens];
  known.ci = content.ci.map((file) => describeCi(file, false));
  const ids = await askForIds(content, { ...options, display });
  const plan = planChanges(content, ids, options);
  if (options.tokenFile !== undefined) refuseSeveralTokens(plan);
  const ours =
    repository === undefined ? [] : await checkRepository(repository, content, plan, { ...options, display, written });
  const history = options.scanHistory && repository !== undefined ? await historyOf(repository) : null;
  known.history = history;
  if (options.dryRun) return { plan, report: { ...plan.report, history }, ...nothingWritten, known };

  // While nx.json still has the tokens: afterwards nobody knows which they were.
  const committed = plan.tokens.map(({ accessToken: { token }, nxCloudId }) => ({ token, nxCloudId }));
  const request = { workspace, committed, isNamed: ids.isNamed };
  const rotation = committed.length === 0 ? null : ((await options.rotate?.(request)) ?? null);
  known.rotation = rotation;
  const asFailure = (error: unknown) =>
    rotation === null ? error : notWrittenButRotated(error, rotation, committed[0]?.nxCloudId);
  try {
    const undo = await applyConversion(plan, { tokenFile: options.tokenFile, listing });
    const status = plan.changes.length > 0 ? 'converted' : plan.report.status;
    const uncommitted = [...new Set([...ours, ...plan.changes.map(({ path }) => path)])];
    return { plan, report: { ...plan.report, status, history, rotation }, uncommitted, undo, asFailure, known };
  } catch (error) {
    throw asFailure(error);
  }
}

const nothingWritten = {
  uncommitted: [],
  undo: () => Promise.resolve(),
  asFailure: (error: unknown) => error,
};

/**
 * @returns files that an earlier conversion has left uncommitted, as far as that matters
 * @throws {UserError} when a file that would be written has changes that are somebody else's
 */
async function checkRepository(
  repository: GitRepository,
  content: WorkspaceContent,
  { changes }: ConversionPlan,
  options: ConvertOptions & Pick<ChosenWorkspace, 'display'> & Pick<Surroundings, 'written'>,
): Promise<string[]> {
  const { display, force, commit, written } = options;
  const checks = !force && changes.length > 0;
  // --force is about changes in the repository, and none may lead out of it by a link.
  if (force) await refuseOutside(repository, changes);
  if (!checks && commit === undefined) return [];
  const { convertedButNotCommitted, uncommittedAmong, refuseConversionCommit, refuseUncommitted } =
    await import('./in-repository.js');
  const uncommitted = checks ? await uncommittedAmong(repository, changes, commit !== undefined) : [];
  const ours =
    uncommitted.length > 0 || commit !== undefined ? await convertedButNotCommitted(repository, content, options) : [];
  const byThisRun = changes.filter(({ path, before }) => written.get(path) === before.toString());
  const theirs = uncommitted.filter(
    (path) => !ours.includes(path) && !byThisRun.some((change) => change.path === path),
  );
  refuseUncommitted(theirs, display);
  if (commit !== undefined) {
    await refuseConversionCommit(repository, [...ours, ...changes.map(({ path }) => path)], commit);
  }
  return ours;
}

async function refuseOutside(repository: GitRepository, changes: ConversionPlan['changes']): Promise<void> {
  const { workTreeFile } = await import('../git/files.js');
  for (const { path } of changes) await workTreeFile(repository, path);
}

async function historyOf(repository: GitRepository): Promise<ConversionReport['history']> {
  const { scanHistory } = await import('../git/scan-history.js');
  return scanHistory(repository);
}
