import { readdirSync, type Dirent } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import type { Ignore } from 'ignore';
import { textOf } from '../files/look.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';

export type Found =
  /** `names`: all that is in its folder. */
  | { kind: 'workspace'; workspace: string; names: readonly string[] }
  /** A folder that could not be looked into; the search went on without it. */
  | { kind: 'unreadable'; folder: string; cause: unknown };

/** The rules of one .gitignore, which hold for its folder and all below. */
interface Rules {
  folder: string;
  rules: Ignore;
}

/** Packages have an nx.json at times, and a repository's own folder holds whatever git puts there. */
const neverEntered = new Set(['node_modules', '.git']);

/**
 * Every folder with an nx.json, in a folder and all below, sorted by name; also those inside of other workspaces. Left
 * out is what a .gitignore in one of these folders names. Links to folders are not followed: what they lead to is found
 * where it is, and they can lead in circles.
 */
export async function* findWorkspaces(folder: string, outer: readonly Rules[] = [], depth = 0): AsyncGenerator<Found> {
  let entries: Dirent[];
  try {
    if (depth > deepest) throw new Error(`It is more than ${deepest} folders below the first one.`);
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    yield { kind: 'unreadable', folder, cause };
    return;
  }
  const names = new Set(entries.map(({ name }) => name));
  // What git ignores in one repository says nothing about a repository inside of it.
  const inherited = names.has('.git') ? [] : outer;
  const rules = names.has('.gitignore') ? [...inherited, await readRules(folder)] : inherited;

  const nxJson = entries.find(({ name }) => name === nxJsonName);
  if (nxJson !== undefined && !nxJson.isDirectory() && !isIgnored(join(folder, nxJsonName), rules)) {
    yield { kind: 'workspace', workspace: folder, names: [...names] };
  }
  const below = entries.filter((entry) => entry.isDirectory() && !neverEntered.has(entry.name));
  for (const name of below.map((entry) => entry.name).sort()) {
    const path = join(folder, name);
    if (!isIgnored(path + sep, rules)) yield* findWorkspaces(path, rules, depth + 1);
  }
}

function ignoresFolder(folder: string, rules: Ignore): boolean {
  return folder !== '.' && rules.test(`${folder}/`).ignored;
}

async function readRules(folder: string): Promise<Rules> {
  const { default: ignore } = await import('ignore');
  const lines = (textOf(join(folder, '.gitignore')) ?? '').split(/\r?\n/);
  const rules = lines.filter((line) => (line.match(/\*\*/g)?.length ?? 0) <= mostDoubleStars);
  return { folder, rules: ignore({ ignorecase: false }).add(rules) };
}

/**
 * Each `**` may stand for any of the folders on a path, and a regular expression tries them all: with seven of them a path
 * of 60 folders takes minutes. A rule with more than these counts for nothing, so that what it names is searched.
 */
const mostDoubleStars = 3;
/** Deeper than any repository. Below a thousand folders even two `**` take seconds. */
const deepest = 100;

/** As git has it: the innermost file with anything to say about a path decides. @param path of a folder, ends with `/` */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { folder, rules: own } of rules.toReversed()) {
    const below = relative(folder, path).replaceAll(sep, '/');
    const { ignored, unignored } = own.test(path.endsWith(sep) ? `${below}/` : below);
    // The folder was entered, so an inner file has taken back what these rules say about it and all in it.
    if (ignored && ignoresFolder(posix.dirname(below), own)) continue;
    if (ignored || unignored) return ignored;
  }
  return false;
}
