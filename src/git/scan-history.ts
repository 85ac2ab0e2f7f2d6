import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { maskToken } from '../protocol/tokens.js';
import { introductions } from './introductions.js';
import { batchFormat, objectPieces } from './object-stream.js';
import type { GitRepository } from './repository.js';
import { askGit, startReading, type GitProcess } from './run-git.js';
import { TokenSearch, type FoundToken } from './token-search.js';

export interface TokenInHistory {
  kind: FoundToken['kind'];
  masked: string;
  /** Of the token, in hexadecimal: how a server knows it. */
  sha256: string;
  /** The oldest commit that has it. */
  commit: string;
  /** The file that it is in, there; `undefined` for the message of that commit. */
  path: string | undefined;
  /** The line of that file; without a path, of the commit as git keeps it. */
  line: number;
  /** How many commits brought a version of a file with it, or have it in their message. */
  commits: number;
  /** All the files that had it at some time, under all their names, the oldest first. */
  paths: string[];
}

export interface HistoryScan {
  /** Each token once, the oldest first. */
  tokens: TokenInHistory[];
  /** How many were searched. */
  commits: number;
  /** The clone ends somewhere (`git clone --depth`): what was before it is not here. */
  shallow: boolean;
  /**
   * Contents that could not be searched: a partial clone has left them on the server (`git clone --filter=blob:none`), or
   * they are damaged.
   */
  missing: number;
}

export interface ScanOptions {
  /** Branches, tags or commits. Without them: all refs, HEAD of each work tree, the stash, and what reflogs remember. */
  refs?: readonly string[] | undefined;
}

/**
 * Looks for tokens in each version of each file that a commit brought, and in the commits' messages. Three git
 * processes in a row: which commits, what each of them brought, and the content of that. It is not the diffs that are
 * searched (`git log -p`): making them takes longer than reading whole files, and they leave out what is binary, what
 * .gitattributes call so, and most of a merge. Memory does not grow with the history, but with what a partial clone has
 * not. Nothing is fetched, and nothing runs that the repository names.
 * @throws {UserError} when git refuses, or a clone lacks even the folders of its commits
 */
export async function scanHistory(repository: GitRepository, { refs }: ScanOptions = {}): Promise<HistoryScan> {
  const shallow = (await askGit(repository, ['rev-parse', '--is-shallow-repository'])).toString().trim() === 'true';
  const start = (...args: string[]) => startReading(repository, ['--no-replace-objects', ...args]);
  const which = refs === undefined ? ['--all', '--reflog'] : ['--end-of-options', ...refs];
  const absent = await leftOnServer(repository, which);
  const commits = start('rev-list', '--reverse', '--date-order', ...which, '--');
  // For a merge -c names what it has from none of its parents: all the rest came with a commit before.
  const changes = start(
    'diff-tree',
    ...['--stdin', '--always', '--root', '-r', '-c', '--raw', '-z', '--no-abbrev', '--no-renames'],
  );
  const contents = start('cat-file', '--buffer', `--batch=${batchFormat}`);
  const all = [commits, changes, contents];
  const found = new Findings();
  try {
    const [searched] = await Promise.all([
      request(changes, contents, absent, found),
      // Where one of them ends too early, its exit code says why.
      pipeline(commits.stdout, changes.stdin).catch(() => undefined),
      search(contents, found),
      ...all.map(({ end }) => end),
    ]);
    return { tokens: found.tokens(), commits: searched, shallow, missing: found.missing };
  } finally {
    for (const git of all) git.kill();
  }
}

/** Asks for each content that a commit brought. @returns the number of commits */
async function request(
  changes: GitProcess,
  contents: GitProcess,
  absent: ReadonlySet<string>,
  found: Findings,
): Promise<number> {
  let commits = 0;
  for await (const brought of introductions(changes.stdout)) {
    commits += brought.filter(({ path }) => path === undefined).length;
    const here = brought.filter(({ oid }) => !absent.has(oid));
    found.missing += brought.length - here.length;
    const lines = here.map(({ oid, ...place }) => `${oid} ${noteOf(place)}\n`);
    if (!contents.stdin.write(lines.join(''))) await once(contents.stdin, 'drain');
  }
  contents.stdin.end();
  return commits;
}

/** Objects that a partial clone has not. They must not be asked for: where git may not fetch them, it gives up. */
async function leftOnServer(repository: GitRepository, which: readonly string[]): Promise<ReadonlySet<string>> {
  const settings = (await askGit(repository, ['config', '--list', '--name-only'])).toString();
  if (!/^(?:extensions\.partialclone|remote\..*\.promisor)$/m.test(settings)) return new Set();
  const list = startReading(repository, [
    'rev-list',
    '--objects',
    '--no-object-names',
    '--missing=print',
    ...which,
    '--',
  ]);
  const absent = new Set<string>();
  for await (const line of createInterface({ input: list.stdout })) {
    if (line.startsWith('?')) absent.add(line.slice(1));
  }
  await list.end;
  return absent;
}

async function search(contents: GitProcess, found: Findings): Promise<void> {
  const tokens = new TokenSearch();
  for await (const { note, bytes, last } of objectPieces(contents.stdout, () => found.missing++)) {
    for (const token of tokens.push(bytes, last)) found.add(token, placeOf(note));
  }
}

interface Place {
  commit: string;
  path: string | undefined;
}

/** Goes through `git cat-file` beside the object's name, so that nobody has to remember what was asked for. */
function noteOf({ commit, path }: Place): string {
  return path === undefined ? commit : `${commit} ${encodeURIComponent(path)}`;
}

function placeOf(note: string): Place {
  const [commit = '', path] = note.split(' ');
  return { commit, path: path === undefined ? undefined : decodeURIComponent(path) };
}

class Findings {
  missing = 0;
  readonly #byToken = new Map<string, { first: TokenInHistory; latest: string; paths: Set<string> }>();

  add({ token, kind, line }: FoundToken, { commit, path }: Place): void {
    const known = this.#byToken.get(token);
    const paths = known?.paths ?? new Set();
    if (path !== undefined) paths.add(path);
    if (known === undefined) {
      const sha256 = createHash('sha256').update(token).digest('hex');
      const first = { kind, masked: maskToken(token), sha256, commit, path, line, commits: 1, paths: [] };
      this.#byToken.set(token, { first, latest: commit, paths });
    } else if (known.latest !== commit) {
      // Commits come one after the other, each with all that it brought.
      known.first.commits++;
      known.latest = commit;
    }
  }

  tokens(): TokenInHistory[] {
    return [...this.#byToken.values()].map(({ first, paths }) => ({ ...first, paths: [...paths] }));
  }
}
