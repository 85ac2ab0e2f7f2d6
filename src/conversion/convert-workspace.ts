import { UserError } from '../errors.js';
import { createListing, type Listing } from '../files/look.js';
import type { FindRepository, GitRepository } from '../git/repository.js';
import { applyConversion, refuseSeveralTokens } from './apply.js';
import type { CommitOptions } from './in-repository.js';
import type { OneAtATime } from './one-at-a-time.js';
import { askForIds, planChanges, type ConversionPlan, type PlanOptions } from './plan.js';
import { readText, readWorkspace, type WorkspaceContent } from './read-workspace.js';
import type { ConversionReport } from './report.js';
import type { Rotator } from './rotation/create-rotator.js';
import { notWrittenButRotated } from './rotation/not-written-but-rotated.js';

export interface ConvertOptions extends PlanOptions {
  /** All that the workspace's folder had just now, where that is known. */
  names?: readonly string[] | undefined;
  dryRun: boolean;
  /** Absolute path of a new file for the token. */
  tokenFile: string | undefined;
  /** Write to files that have uncommitted changes, too. */
  force: boolean;
  commit: CommitOptions | undefined;
  scanHistory: boolean;
  rotate: Rotator | undefined;
  /** One for all conversions of a run, too. */
  findRepository: FindRepository;
  /** One for all conversions of a run: those in one repository would be in each other's way. */
  inTurn: OneAtATime;
}

export interface Conversion {
  plan: ConversionPlan;
  report: ConversionReport;
}

/**
 * One workspace, from reading it to having it written and committed.
 * @param workspace its root folder, absolute and without links
 * @throws {UserError} when anything stands in the way; the workspace is then as it was
 */
export async function convertWorkspace(workspace: string, options: ConvertOptions): Promise<Conversion> {
  const listing = createListing(options.names && { folder: workspace, names: options.names });
  const repository = await repositoryOf(workspace, listing, options);
  if (repository === undefined) return convert(workspace, { repository, listing }, options);
  return options.inTurn(repository.root, () => {
    // What was seen before others had their turn, with commits whose hooks do what they like, may be gone.
    const now = options.commit === undefined ? listing : createListing();
    return convert(workspace, { repository, listing: now }, options);
  });
}

async function repositoryOf(
  workspace: string,
  { mayHave }: Listing,
  options: ConvertOptions,
): Promise<GitRepository | undefined> {
  const { findRepository, force, commit, scanHistory, display } = options;
  const gitIsAsked = commit !== undefined || scanHistory;
  try {
    const repository = await findRepository(workspace, mayHave);
    if (repository !== undefined || !gitIsAsked) return repository;
  } catch (error) {
    if (!(error instanceof UserError) || !force || gitIsAsked) throw error;
    return undefined;
  }
  const [what, flag] =
    commit === undefined ? ['no history to scan', '--scan-history'] : ['nothing to commit to', '--commit'];
  throw new UserError(`${display(workspace) || '.'} is in no git repository, so there is ${what}.`, {
    remedy: `Leave ${flag} out.`,
  });
}

async function convert(
  workspace: string,
  { repository, listing }: { repository: GitRepository | undefined; listing: Listing },
  options: ConvertOptions,
): Promise<Conversion> {
  const content = await readWorkspace(workspace, {
    listing,
    display: options.display,
    read: readText,
    repositoryRoot: repository?.root,
    withCi: options.patchCi,
  });
  const plan = planChanges(content, await askForIds(content, options), options);
  if (options.tokenFile !== undefined) refuseSeveralTokens(plan);
  const ours = repository === undefined ? [] : await checkRepository(repository, content, plan, options);
  const history = options.scanHistory && repository !== undefined ? await historyOf(repository) : null;
  if (options.dryRun) return { plan, report: { ...plan.report, history } };

  // While nx.json still has the tokens: afterwards nobody knows which they were.
  const committed = plan.tokens.map(({ accessToken: { token }, nxCloudId }) => ({ token, nxCloudId }));
  const rotation = committed.length === 0 ? null : ((await options.rotate?.({ workspace, committed })) ?? null);
  try {
    const commit = await writeAndCommit(repository, { workspace, plan, ours, listing }, options);
    const status = plan.changes.length > 0 ? 'converted' : plan.report.status;
    return { plan, report: { ...plan.report, status, history, rotation, commit } };
  } catch (error) {
    throw rotation === null ? error : notWrittenButRotated(error, rotation, committed[0]?.nxCloudId);
  }
}

interface ToBeWritten {
  workspace: string;
  plan: ConversionPlan;
  ours: readonly string[];
  listing: Listing;
}

/** @throws {UserError} when one of the two could not be done; the files are then as they were */
async function writeAndCommit(
  repository: GitRepository | undefined,
  { workspace, plan, ours, listing }: ToBeWritten,
  { tokenFile, commit }: ConvertOptions,
): Promise<ConversionReport['commit']> {
  const undo = await applyConversion(plan, { tokenFile, listing });
  try {
    const paths = [...new Set([...ours, ...plan.changes.map(({ path }) => path)])];
    return await commitIfAsked(repository, { paths, workspace }, commit);
  } catch (error) {
    await undo(error);
    throw error;
  }
}

/**
 * @returns files that an earlier conversion has left uncommitted, as far as that matters
 * @throws {UserError} when a file that would be written has changes that are somebody else's
 */
async function checkRepository(
  repository: GitRepository,
  content: WorkspaceContent,
  { changes }: ConversionPlan,
  options: ConvertOptions,
): Promise<string[]> {
  const { display, force, commit } = options;
  const checks = !force && changes.length > 0;
  // --force is about changes in the repository, and none may lead out of it by a link.
  if (force) await refuseOutside(repository, changes);
  if (!checks && commit === undefined) return [];
  const { convertedButNotCommitted, uncommittedAmong, refuseConversionCommit, refuseUncommitted } =
    await import('./in-repository.js');
  const uncommitted = checks ? await uncommittedAmong(repository, changes, commit !== undefined) : [];
  const ours =
    uncommitted.length > 0 || commit !== undefined ? await convertedButNotCommitted(repository, content, options) : [];
  const theirs = uncommitted.filter((path) => !ours.includes(path));
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

async function commitIfAsked(
  repository: GitRepository | undefined,
  what: { paths: readonly string[]; workspace: string },
  options: CommitOptions | undefined,
): Promise<ConversionReport['commit']> {
  if (repository === undefined || options === undefined || what.paths.length === 0) return null;
  const { commitConversion } = await import('./in-repository.js');
  return commitConversion(repository, what, options);
}

async function historyOf(repository: GitRepository): Promise<ConversionReport['history']> {
  const { scanHistory } = await import('../git/scan-history.js');
  return scanHistory(repository);
}
