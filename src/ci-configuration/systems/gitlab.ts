import { isSeq, type Node } from 'yaml';
import { addEntries, type Addition } from '../add-entries.js';
import { readOnlyTokenName, tokenName, tokenNames, type CiContext, type CiJob, type CiSystem } from '../ci-file.js';
import {
  entriesOf,
  entryOf,
  follow,
  itemsOf,
  lineInScalar,
  parseYaml,
  startOf,
  textOf,
  type Entry,
  type YamlFile,
} from '../yaml-file.js';
import { adviceBase, firstNx, isYamlMap, summary, unreadable, type ShellText } from './common.js';

/**
 * GitLab hands project variables to every job by itself. What the file adds is the read-only token for branches that are
 * not protected: a protected variable exists only on protected branches and tags, and where it exists it goes before the
 * job's own ("CI/CD variables", precedence: project variables before those of .gitlab-ci.yml).
 * It is added to the jobs, not to the global `variables`: those are handed to child pipelines as pipeline variables, which
 * go before all others, so that the read-only token would win there ("trigger:forward", gitlab-org/gitlab#450256).
 */
const readOnlyVariable = `$${readOnlyTokenName}`;
const dialect = { headerDocument: true };

export const gitlab: CiSystem = {
  name: 'GitLab CI/CD',
  secretStore:
    `Under Settings > CI/CD > Variables add ${tokenName} with the read-write token, masked and protected (glab variable set ` +
    `${tokenName} --masked --protected), and ${readOnlyTokenName} with a read-only one, masked and not protected. A protected ` +
    'variable exists only in pipelines of protected branches and tags, whatever a branch does to its .gitlab-ci.yml.',
  snippet: `variables:\n  # On protected branches the protected variable ${tokenName} of the project goes before this.\n  ${tokenName}: ${readOnlyVariable}\n`,
  matches: (path) => path === '.gitlab-ci.yml' || path === '.gitlab-ci.yaml',
  includesOwnKind: true,
  references: (text) => {
    const file = parseYaml(text, dialect);
    return 'problem' in file ? [] : includesOf(file).flatMap(({ local }) => (local === undefined ? [] : [local]));
  },
  advise: (text, path, context) => {
    const base = adviceBase(gitlab, path, text);
    const file = parseYaml(text, dialect);
    if ('problem' in file) return unreadable(base, file.problem, text);

    const all = [file, ...otherFiles(path, context)];
    const globalToken = all.some((other) => tokenIn(other, other.root));
    const found = jobsOf(file).map((entry) => ({ entry, ...factsOf({ file, entry }, all, context, globalToken) }));
    const additions = new Map(
      found.flatMap(({ entry, state, inherits }): [Entry, Addition][] => {
        if (state !== 'needs-token' || inherits || !isYamlMap(entry.pair.value)) return [];
        const entries = [[tokenName, readOnlyVariable]] as const;
        const behind = ['variables', 'stage', 'extends', 'image'];
        return [[entry, { path: [entry.name], map: entry.pair.value, key: 'variables', entries, behind }]];
      }),
    );
    const added = addEntries(file, [...additions.values()], dialect);
    const jobs = found.map(({ entry, state, nxLine, inherits }): CiJob => {
      const job = { name: entry.name, line: file.lineAt(startOf(entry.key) ?? 0), state, ...(nxLine && { nxLine }) };
      if (state !== 'needs-token' || inherits) return job;
      const addition = additions.get(entry);
      const refused = addition === undefined ? 'it is an alias' : added.refused.get(addition);
      return refused === undefined ? job : { ...job, untouched: `It was left alone, since ${refused}.` };
    });
    return summary(base, jobs, text, added.text, notesOf(file));
  },
};

/** Top-level keys that are no jobs (".gitlab-ci.yml keyword reference"); `pages` is one. */
const keywords = new Set(
  'default include stages variables workflow image services before_script after_script cache spec'.split(' '),
);

function jobsOf(file: YamlFile): Entry[] {
  return entriesOf(file, file.root).filter(({ name, value }) => !keywords.has(name) && isYamlMap(value));
}

/** All others that were read, parsed once for a repository: jobs may extend those of any file that includes theirs. */
function otherFiles(path: string, { files }: CiContext): YamlFile[] {
  let parsed = parsedFiles.get(files);
  if (parsed === undefined) {
    parsed = [...files].map(([name, text]) => [name, parseYaml(text, dialect)] as const);
    parsedFiles.set(files, parsed);
  }
  return parsed.flatMap(([name, file]) => (name === path || 'problem' in file ? [] : [file]));
}

const parsedFiles = new WeakMap<CiContext['files'], (readonly [string, ReturnType<typeof parseYaml>])[]>();

/** A job where it is written. */
interface Place {
  readonly file: YamlFile;
  readonly entry: Entry;
}

interface Facts {
  readonly state: CiJob['state'];
  readonly nxLine: number | undefined;
  /** All that runs Nx, and so the variable too, comes from the jobs that it extends. */
  readonly inherits: boolean;
}

function factsOf(place: Place, all: readonly YamlFile[], context: CiContext, globalToken: boolean): Facts {
  const chain = [place, ...ancestorsOf(place, all)];
  const own = shellTexts(place, all);
  const nx = firstNx(own, context.scripts);
  const fromDefaults =
    nx === undefined && runsDefaults(chain) && firstNx(defaultTexts(all), context.scripts) !== undefined;
  // The nearest job that says what to run is the one that counts.
  const inheritedFrom = chain.slice(1).find(({ file, entry }) => entryOf(file, entry.value, 'script') !== undefined);
  const inherits =
    nx === undefined &&
    !fromDefaults &&
    entryOf(place.file, place.entry.value, 'script') === undefined &&
    inheritedFrom !== undefined &&
    firstNx(shellTexts(inheritedFrom, all), context.scripts) !== undefined;
  if (nx === undefined && !fromDefaults && !inherits) return { state: 'no-nx', nxLine: undefined, inherits };
  const hasToken = globalToken || chain.some(({ file, entry }) => tokenIn(file, entry.value));
  const nxLine = nx?.from.file === place.file ? lineInScalar(place.file, nx.from.node, nx.line) : undefined;
  return { state: hasToken ? 'has-token' : 'needs-token', nxLine, inherits };
}

function tokenIn(file: YamlFile, owner: unknown): boolean {
  return entriesOf(file, entryOf(file, owner, 'variables')?.value).some(({ name }) => tokenNames.includes(name));
}

/** What a job extends, nearest first and each once. */
function ancestorsOf({ file, entry }: Place, all: readonly YamlFile[], seen = new Set<string>()): Place[] {
  const names = itemsOf(file, entryOf(file, entry.value, 'extends')?.value).flatMap((item) => textOf(item) ?? []);
  return names.toReversed().flatMap((name) => {
    const parent = seen.has(name) ? undefined : findJob(name, all);
    seen.add(name);
    return parent === undefined ? [] : [parent, ...ancestorsOf(parent, all, seen)];
  });
}

function findJob(name: string, all: readonly YamlFile[]): Place | undefined {
  for (const file of all) {
    const entry = entryOf(file, file.root, name);
    if (entry !== undefined) return { file, entry };
  }
  return undefined;
}

const scriptKeys = ['script', 'before_script', 'after_script'];

function shellTexts({ file, entry }: Place, all: readonly YamlFile[]): ShellText[] {
  return scriptKeys.flatMap((key) => {
    const script = entryOf(file, entry.value, key)?.value ?? mergedIn(file, entry.value, key);
    return script === undefined ? [] : linesOf(file, script, all);
  });
}

/** What a merge key (`<<: *base`) brings along. */
function mergedIn(file: YamlFile, job: Node | undefined, key: string): Node | undefined {
  const merged = itemsOf(file, entryOf(file, job, '<<')?.value);
  return merged.map((base) => entryOf(file, base, key)?.value).find((value) => value !== undefined);
}

/** Scripts may be nested in lists, and may refer to those of other jobs: `!reference [.setup, script]`. */
function linesOf(file: YamlFile, script: Node, all: readonly YamlFile[], seen = new Set<string>()): ShellText[] {
  if (script.tag === '!reference') {
    const [name = '', key = ''] = itemsOf(file, script).map((item) => textOf(item) ?? '');
    const target = seen.has(`${name} ${key}`) ? undefined : findJob(name, all);
    seen.add(`${name} ${key}`);
    const referred = target && entryOf(target.file, target.entry.value, key)?.value;
    return target && referred ? linesOf(target.file, referred, all, seen) : [];
  }
  const shell = textOf(script);
  if (shell !== undefined) return [{ shell, node: script, file }];
  return isSeq(script) ? itemsOf(file, script).flatMap((item) => linesOf(file, item, all, seen)) : [];
}

function defaultTexts(all: readonly YamlFile[]): ShellText[] {
  return all.flatMap((file) =>
    [['default', 'before_script'], ['default', 'after_script'], ['before_script'], ['after_script']].flatMap((path) => {
      const script = entryOf(file, file.root, ...path)?.value;
      return script === undefined ? [] : linesOf(file, script, all);
    }),
  );
}

/** A job with a script and none of its own before it; jobs that only trigger others run nothing. */
function runsDefaults(chain: readonly Place[]): boolean {
  const has = (key: string) => chain.some(({ file, entry }) => entryOf(file, entry.value, key) !== undefined);
  const refuses = chain.some(
    ({ file, entry }) => follow(file, entryOf(file, entry.value, 'inherit', 'default')?.value)?.toJSON() === false,
  );
  return has('script') && !(has('before_script') && has('after_script')) && !refuses;
}

interface Include {
  readonly local: string | undefined;
  /** What it names, for those that cannot be seen from here. */
  readonly elsewhere: string | undefined;
  readonly line: number;
}

function includesOf(file: YamlFile): Include[] {
  return itemsOf(file, entryOf(file, file.root, 'include')?.value)
    .concat(childPipelines(file))
    .flatMap((item): Include[] => {
      const line = file.lineAt(startOf(item) ?? 0);
      const plain = textOf(item);
      const local = plain ?? textOf(entryOf(file, item, 'local')?.value);
      if (local !== undefined && !/^https?:|[*$]/.test(local)) {
        return [{ local: local.replace(/^\/+/, ''), elsewhere: undefined, line }];
      }
      const kind = ['project', 'remote', 'template', 'component', 'local', 'artifact'].find(
        (key) => entryOf(file, item, key) !== undefined,
      );
      const name = plain ?? textOf(entryOf(file, item, kind ?? '')?.value);
      return name === undefined ? [] : [{ local: undefined, elsewhere: name, line }];
    });
}

function childPipelines(file: YamlFile): Node[] {
  return jobsOf(file).flatMap(({ value }) => itemsOf(file, entryOf(file, value, 'trigger', 'include')?.value));
}

function notesOf(file: YamlFile): string[] {
  return includesOf(file).flatMap(({ elsewhere, line }) =>
    elsewhere === undefined
      ? []
      : [`Whether jobs of ${elsewhere} (included on line ${line}) run Nx cannot be seen from here.`],
  );
}
