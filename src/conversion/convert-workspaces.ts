import { Cancelled, UserError } from '../errors.js';
import { createListing } from '../files/look.js';
import type { GitRepository } from '../git/repository.js';
import {
  writeWorkspace,
  type ChosenWorkspace,
  type Conversion,
  type ConvertOptions,
  type Written,
} from './convert-workspace.js';
import type { KnownOfFailed } from './report.js';

/** What came of one workspace; of one that failed, what had come out by then. */
export type Outcome = Conversion | Failed;

interface Failed {
  error: unknown;
  known: KnownOfFailed;
}

/**
 * Converts workspaces, one after the other, and makes one commit of all that has changed, if that is asked for: they have
 * to be of one repository then. One that fails is as it was, and hinders no other.
 * @returns an outcome for each, in their order
 * @throws {Cancelled}
 */
export async function convertWorkspaces(
  workspaces: readonly ChosenWorkspace[],
  options: ConvertOptions,
): Promise<Outcome[]> {
  let repository: GitRepository | undefined;
  try {
    repository = await repositoryOf(workspaces, options);
  } catch (error) {
    return workspaces.map(() => ({ error, known: {} }));
  }
  if (repository === undefined) return convertAll(workspaces, undefined, options);
  return options.inTurn(repository.root, () => convertAll(workspaces, repository, options));
}

async function repositoryOf(
  [first]: readonly ChosenWorkspace[],
  { findRepository, force, commit, scanHistory }: ConvertOptions,
): Promise<GitRepository | undefined> {
  if (first === undefined) return undefined;
  const { workspace, names, display } = first;
  const gitIsAsked = commit !== undefined || scanHistory;
  try {
    const repository = await findRepository(workspace, names);
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

async function convertAll(
  workspaces: readonly ChosenWorkspace[],
  repository: GitRepository | undefined,
  options: ConvertOptions,
): Promise<Outcome[]> {
  const written = new Map<string, string>();
  const results: (Written | Failed)[] = [];
  let cancelled: Cancelled | undefined;
  for (const chosen of workspaces) {
    const known: KnownOfFailed = {};
    const listing = createListing(chosen.names && { folder: chosen.workspace, names: chosen.names });
    try {
      const result = await writeWorkspace(chosen, { repository, listing, written, known }, options);
      if (!options.dryRun) for (const { path, after } of result.plan.changes) written.set(path, after);
      results.push(result);
    } catch (error) {
      if (error instanceof Cancelled) {
        cancelled = error;
        break;
      }
      results.push({ error, known });
    }
  }
  const outcomes = repository === undefined ? results : await commitAll(repository, results, options);
  // What was written before is committed all the same.
  if (cancelled !== undefined) throw cancelled;
  return outcomes;
}

/** When the commit cannot be made, all that would be in it is as it was. */
async function commitAll(
  repository: GitRepository,
  results: readonly (Written | Failed)[],
  { commit }: ConvertOptions,
): Promise<Outcome[]> {
  const toCommit = results.filter((result) => 'undo' in result && result.uncommitted.length > 0) as Written[];
  if (commit === undefined || toCommit.length === 0) return [...results];
  const failures = new Map<Written | Failed, Failed>();
  try {
    const { commitConversions } = await import('./in-repository.js');
    const made = await commitConversions(repository, toCommit, commit);
    return results.map((result) => {
      const isIn = 'undo' in result && made !== null && result.uncommitted.some((path) => made.paths.includes(path));
      return isIn ? { ...result, report: { ...result.report, commit: made.commit } } : result;
    });
  } catch (cause) {
    for (const result of toCommit.toReversed()) {
      const error = await result.undo(cause).then(
        () => cause,
        (notUndone: unknown) => notUndone,
      );
      failures.set(result, { error: result.asFailure(error), known: result.known });
    }
    return results.map((result) => failures.get(result) ?? result);
  }
}
