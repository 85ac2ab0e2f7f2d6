import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../../errors.js';
import { realPathOf } from '../../../files/look.js';
import { isDone, type EarlierRun } from '../../../conversion/earlier-report.js';
import { findWorkspace, nxJsonName, workspaceAt } from '../../../nx-workspace/find-workspace.js';
import type { ConvertFlags } from './command.js';
import { readPaths } from './read-paths.js';

/** A workspace as it was named or found, and the folder that it really is; or what is none, and why. */
export type Choice = WorkspaceChoice | { kind: 'problem'; path: string; error: unknown };

export interface WorkspaceChoice {
  kind: 'workspace';
  named: string;
  workspace: string;
  /** All that was in it just now, where that is known. */
  names?: readonly string[];
}

export function pathOf(choice: Choice): string {
  return choice.kind === 'workspace' ? choice.workspace : choice.path;
}

export interface ChoiceSources {
  flags: Pick<ConvertFlags, 'paths' | 'recursive' | 'null' | 'commit'>;
  cwd: string;
  stdin: AsyncIterable<Buffer | string>;
  /** With it, what it has as done is left out; and without any paths, what failed in it is all there is to do. */
  earlier: EarlierRun | undefined;
}

/** The workspaces to be worked on, one after the other as they are found, and each once however it was named. */
export async function* chosenWorkspaces(sources: ChoiceSources): AsyncGenerator<Choice> {
  const { flags, earlier } = sources;
  const seen = new Set<string>();
  for await (const choice of namedWorkspaces(sources)) {
    if (choice.kind === 'workspace') {
      if (seen.has(choice.workspace) || isDone(earlier?.get(choice.workspace), flags)) continue;
      seen.add(choice.workspace);
    }
    yield choice;
  }
}

async function* namedWorkspaces({ flags, cwd, stdin, earlier }: ChoiceSources): AsyncGenerator<Choice> {
  const { paths, recursive } = flags;
  if (paths.length === 0 && recursive) yield* searched(cwd);
  else if (paths.length === 0 && earlier !== undefined) yield* undone(earlier, flags);
  for (const path of paths) {
    const named = path === '-' ? readPaths(stdin, { ending: flags.null ? 'NUL' : 'line' }) : [path];
    for await (const one of named) {
      if (typeof one !== 'string') yield { kind: 'problem', ...one };
      else if (recursive) yield* searched(resolve(cwd, one));
      else yield await choiceOf(resolve(cwd, one));
    }
  }
}

async function* undone(earlier: EarlierRun, flags: ChoiceSources['flags']): AsyncGenerator<Choice> {
  for (const [workspace, entry] of earlier) if (!isDone(entry, flags)) yield await choiceOf(workspace);
}

async function* searched(folder: string): AsyncGenerator<Choice> {
  const { findWorkspaces } = await import('../../../conversion/find-workspaces.js');
  // The search follows no link, so that links are only on the way to where it starts.
  let start: string | undefined;
  for await (const found of findWorkspaces(folder)) {
    if (found.kind === 'workspace') {
      start ??= realPathOf(folder);
      const named = found.workspace;
      yield { kind: 'workspace', named, workspace: join(start, named.slice(folder.length)), names: found.names };
    } else yield { kind: 'problem', path: found.folder, error: notSearched(found) };
  }
}

async function choiceOf(path: string): Promise<Choice> {
  try {
    const named = await workspaceAt(path);
    return { kind: 'workspace', named, workspace: realPathOf(named) };
  } catch (error) {
    return { kind: 'problem', path: basename(path) === nxJsonName ? dirname(path) : path, error };
  }
}

function notSearched({ folder, cause }: { folder: string; cause: unknown }): UserError {
  return new UserError(`${folder} could not be searched for workspaces.`, {
    remedy: `Check that it is a folder, and its permissions: ls -ld '${folder}'`,
    cause,
  });
}

/** The one workspace that is meant. @throws {UserError} when there is none */
export async function theWorkspace(path: string | undefined, cwd: string): Promise<Choice> {
  if (path !== undefined) return choiceOf(resolve(cwd, path));
  const around = await findWorkspace(cwd);
  if (around !== undefined) return choiceOf(around);
  throw new UserError(`There is no Nx workspace here: no nx.json in ${cwd}, nor in any folder above.`, {
    remedy: 'Go into the workspace, or name it:  npx nxkey convert-to-nx-cloud-id <workspace>',
  });
}
