import { relative } from 'node:path';
import { UserError } from '../errors.js';
import { commitFiles, refuseCommit } from '../git/commit-files.js';
import type { GitRepository } from '../git/repository.js';
import { contentAtHead, uncommittedChanges } from '../git/uncommitted-changes.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';
import { propertiesOf, valueAt, stringOf, type NxJson } from '../nx-workspace/nx-json.js';
import { printable } from '../rest-client/printable.js';
import { knownIds, type Ids } from './ids.js';
import { planChanges, type FileChange, type PlanOptions } from './plan.js';
import type { ConversionReport } from './report.js';
import { readWorkspace, type Reading, type TextFile, type WorkspaceContent } from './read-workspace.js';

export interface CommitOptions {
  message: string | undefined;
  /** To be made, unless it is the current one. */
  branch: string | undefined;
}

/**
 * Of the files that a conversion may change, those that differ from the last commit in just what a conversion would have
 * made of that commit: a run was killed before it could commit them, or had not been asked to.
 */
export async function convertedButNotCommitted(
  repository: GitRepository,
  content: WorkspaceContent,
  { display, patchCi }: Pick<Reading, 'display'> & Pick<PlanOptions, 'patchCi'>,
): Promise<string[]> {
  const uncommitted = await uncommittedChanges(
    repository,
    filesOf(content).map(({ path }) => path),
  );
  if (uncommitted.length === 0) return [];
  let committed: WorkspaceContent;
  try {
    committed = await readWorkspace(content.workspace, {
      display,
      read: (path) => readCommitted(repository, path),
      repositoryRoot: repository.root,
      withCi: patchCi,
    });
  } catch (error) {
    // The last commit has nothing that could be converted, so the difference is something else.
    if (error instanceof UserError) return [];
    throw error;
  }
  const { changes } = planChanges(committed, idsByPlace(committed, content), {
    loginServer: () => undefined,
    patchCi,
  });
  const now = new Map(filesOf(content).map(({ path, text }) => [path, text]));
  return uncommitted.filter((path) =>
    changes.some((change) => change.path === path && sameButForLineEnds(change.after, now.get(path))),
  );
}

/** @throws {UserError} when one of them has changes that are neither committed nor ours */
export function refuseUncommitted(uncommitted: readonly string[], display: Reading['display']): void {
  if (uncommitted.length === 0) return;
  const files = uncommitted.map(display).join(', ');
  throw new UserError(`There are uncommitted changes in ${files}, so nothing was written.`, {
    remedy: 'Commit or stash them first, or write to the files as they are:  --force',
  });
}

/** @throws {UserError} when git cannot be asked, with the way around it where there is one */
export async function uncommittedAmong(
  repository: GitRepository,
  changes: readonly FileChange[],
  isNeeded: boolean,
): Promise<string[]> {
  try {
    return await uncommittedChanges(
      repository,
      changes.map(({ path }) => path),
    );
  } catch (error) {
    if (!(error instanceof UserError) || isNeeded) throw error;
    throw new UserError(`Whether there are uncommitted changes could not be found out. ${error.message}`, {
      remedy: [error.remedy ?? [], 'To write without asking git:  --force'].flat().join('\n'),
      cause: error,
    });
  }
}

/** Before anything is written or rotated. @throws {UserError} when `commitConversions` would fail */
export async function refuseConversionCommit(
  repository: GitRepository,
  paths: readonly string[],
  { branch }: CommitOptions,
): Promise<void> {
  if (paths.length > 0) await refuseCommit(repository, { paths, branch });
}

/**
 * One commit with the files of these workspaces only.
 * @returns what is in it; `null` when the last commit has them all as they are
 */
export async function commitConversions(
  repository: GitRepository,
  conversions: readonly { report: Pick<ConversionReport, 'workspace'>; uncommitted: readonly string[] }[],
  { message, branch }: CommitOptions,
): Promise<{ commit: ConversionReport['commit']; paths: readonly string[] } | null> {
  const changed = conversions.flatMap(({ uncommitted }) => uncommitted);
  const paths = await uncommittedChanges(repository, [...new Set(changed)]);
  if (paths.length === 0) return null;
  const workspaces = conversions
    .filter(({ uncommitted }) => uncommitted.some((path) => paths.includes(path)))
    .map(({ report }) => nxJsonIn(repository, report.workspace));
  const made = await commitFiles(repository, { paths, message: message ?? standardMessage(workspaces), branch });
  return { commit: { hash: made.commit, branch: made.branch ?? null }, paths };
}

function standardMessage(nxJsons: readonly string[]): string {
  const [only, ...others] = nxJsons;
  if (only !== undefined && others.length === 0) return `Replace the access token in ${only} by the nxCloudId`;
  const list = nxJsons.map((nxJson) => `- ${nxJson}`).join('\n');
  return `Replace the access tokens of ${nxJsons.length} workspaces by nxCloudIds\n\n${list}`;
}

/** A folder may be named as whoever named it likes: with line breaks, which would become trailers, or a token. */
function nxJsonIn({ root }: GitRepository, workspace: string): string {
  const folder = relative(root, workspace);
  return folder === '' ? nxJsonName : `${printable(folder, 4096)}/${nxJsonName}`;
}

function filesOf({ configurations, packageJson, ci }: WorkspaceContent): Pick<TextFile, 'path' | 'text'>[] {
  const ciFiles = ci.map(({ absolutePath, before }) => ({ path: absolutePath, text: before.toString() }));
  return [...configurations, packageJson ?? [], ...ciFiles].flat();
}

async function readCommitted(repository: GitRepository, path: string): Promise<Awaited<ReturnType<Reading['read']>>> {
  const bytes = await contentAtHead(repository, path);
  return bytes && { bytes, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
}

/** The ids that stand now where the commit has its tokens: no server knows better what that conversion was told. */
function idsByPlace(committed: WorkspaceContent, now: WorkspaceContent): Ids {
  const tokens = committed.configurations.flatMap(({ accessTokens }) => accessTokens.map(({ token }) => token));
  const ids = now.configurations.flatMap(({ nxJson }) => idsIn(nxJson));
  const [different, differentIds] = [[...new Set(tokens)], [...new Set(ids)]];
  const only = differentIds.length === 1 ? differentIds[0] : undefined;
  return knownIds(new Map(different.map((token, index) => [token, only ?? differentIds[index] ?? ''])));
}

function idsIn({ root }: NxJson): string[] {
  const ofRunners = propertiesOf(valueAt(root, 'tasksRunnerOptions')).map(({ value }) =>
    valueAt(value, 'options', 'nxCloudId'),
  );
  return [valueAt(root, 'nxCloudId'), ...ofRunners]
    .flatMap((node) => node ?? [])
    .sort((a, b) => a.offset - b.offset)
    .flatMap((node) => stringOf(node) ?? []);
}

/** git may have another form of line ends in its commits than in the work tree (core.autocrlf). */
function sameButForLineEnds(one: string, other: string | undefined): boolean {
  return other !== undefined && one.replaceAll('\r\n', '\n') === other.replaceAll('\r\n', '\n');
}
