import { simpleCommands } from './shell-words.js';

export type Scripts = Readonly<Record<string, string>>;

/**
 * Whether a shell text (of whatever shell CI uses) runs Nx, and on which of its lines, counted from 0: directly, through a
 * package manager, or through scripts of package.json, however many of them call each other. Only words are looked at:
 * what a shell script, a Makefile or a program of the repository does in turn is not seen.
 */
export function lineOfNxCommand(shell: string, scripts: Scripts): number | undefined {
  return findNx(shell, { scripts, seen: new Set() });
}

interface Search {
  readonly scripts: Scripts;
  /** Scripts that were followed already; they may call each other in a circle. */
  readonly seen: Set<string>;
}

function findNx(shell: string, search: Search): number | undefined {
  for (const { words, line } of simpleCommands(shell)) {
    if (runsNx(words, search)) return line;
    if (words.some((word) => insideSubstitution(word).some((inner) => findNx(inner, search) !== undefined)))
      return line;
  }
  return undefined;
}

/** `"projects: $(npx nx show projects)"`: quoted, so that it is one word, and a command nevertheless. */
function insideSubstitution(word: string): string[] {
  return [...word.matchAll(/\$\(([^)]*)\)|`([^`]*)`/g)].map((match) => match[1] ?? match[2] ?? '');
}

function runsNx([first, ...rest]: readonly string[], search: Search): boolean {
  if (first === undefined) return false;
  if (/^\w+=/.test(first)) return runsNx(rest, search);
  const program = programName(first);
  if (nxPrograms.has(program)) return true;
  // Lerna hands `run` to Nx since version 6.
  if (program === 'lerna') return rest.includes('run');
  if (program === 'node') return rest.some((word) => /(^|\/)nx\/bin\/nx(\.js)?$/.test(word));
  if (program === 'npx' || program === 'bunx' || program === 'pnpx') return packageRunnerRunsNx(rest, search);
  const manager = managers[program];
  if (manager !== undefined) return managerRunsNx(manager, rest, search);
  if (['run-s', 'run-p', 'npm-run-all', 'npm-run-all2'].includes(program)) {
    return rest.some((name) => scriptRunsNx(name, search));
  }
  if (takesCommandLines.has(program)) {
    return rest.some((word) =>
      word.startsWith('npm:') ? scriptRunsNx(word.slice(4), search) : lineRunsNx(word, search),
    );
  }
  if (wrappers.has(program)) {
    // Their own flags and values (`timeout -k 5 20m npx nx …`) differ; what they run starts at the first program we know.
    const start = rest.findIndex((word) => isKnownProgram(programName(word)));
    return start !== -1 && runsNx(rest.slice(start), search);
  }
  return false;
}

function lineRunsNx(word: string, search: Search): boolean {
  return /\s/.test(word) && findNx(word, search) !== undefined;
}

/** `npx -y -p nx@20 nx build`, `npx -c 'nx build'`: the flags, then a command. */
function packageRunnerRunsNx(words: readonly string[], search: Search): boolean {
  for (const [index, word] of words.entries()) {
    if (['-c', '--call'].includes(words[index - 1] ?? '')) return findNx(word, search) !== undefined;
    if (word.startsWith('-') || ['-p', '--package'].includes(words[index - 1] ?? '')) continue;
    return runsNx(words.slice(index), search);
  }
  return false;
}

interface Manager {
  /** Subcommands that are followed by a program, and by the name of a script. */
  readonly runsProgram: readonly string[];
  readonly runsScript: readonly string[];
  /** Scripts with a subcommand of their own. */
  readonly shortcuts: Readonly<Record<string, string>>;
  /** `pnpm nx`: anything else is a script or a program. */
  readonly barely: boolean;
  readonly flagsWithValue: readonly string[];
  /** They choose other packages, whose scripts are not known here. */
  readonly elsewhere: readonly string[];
}

const managers: Partial<Record<string, Manager>> = {
  npm: {
    runsProgram: ['exec', 'x'],
    runsScript: ['run', 'run-script', 'rum', 'urn'],
    shortcuts: { test: 'test', t: 'test', tst: 'test', start: 'start', stop: 'stop', restart: 'restart' },
    barely: false,
    flagsWithValue: ['--prefix', '-C', '-w', '--workspace', '--loglevel'],
    elsewhere: ['-w', '--workspace', '--workspaces', '-ws'],
  },
  pnpm: {
    runsProgram: ['exec', 'dlx'],
    runsScript: ['run', 'run-script'],
    shortcuts: { t: 'test' },
    barely: true,
    flagsWithValue: ['-C', '--dir', '--filter', '-F', '--filter-prod', '--reporter', '--loglevel'],
    elsewhere: ['-r', '--recursive', '--filter', '-F', '--filter-prod', '-C', '--dir'],
  },
  yarn: {
    runsProgram: ['exec', 'dlx'],
    runsScript: ['run'],
    shortcuts: {},
    barely: true,
    flagsWithValue: ['--cwd'],
    elsewhere: ['--cwd', 'workspace', 'workspaces'],
  },
  bun: {
    runsProgram: ['x'],
    runsScript: ['run'],
    shortcuts: {},
    barely: true,
    flagsWithValue: ['--cwd', '--filter', '-F'],
    elsewhere: ['--cwd', '--filter', '-F'],
  },
};

function managerRunsNx(manager: Manager, words: readonly string[], search: Search): boolean {
  const flags = words.filter((word) => word.startsWith('-')).map((flag) => flag.replace(/=.*/, ''));
  const plain = words.filter(
    (word, index) => !word.startsWith('-') && !manager.flagsWithValue.includes(words[index - 1] ?? ''),
  );
  const [subcommand, ...rest] = plain;
  if (subcommand === undefined) return false;
  // What another package's script does is not known, but `pnpm --filter web exec nx` is plain.
  const elsewhere = [...flags, subcommand].some((word) => manager.elsewhere.includes(word));
  const inner: Search = elsewhere ? { ...search, scripts: {} } : search;
  if (subcommand === 'workspace') return managerRunsNx(manager, rest.slice(1), inner);
  if (subcommand === 'workspaces') return managerRunsNx(manager, rest.slice(rest[0] === 'foreach' ? 1 : 0), inner);
  if (manager.runsProgram.includes(subcommand)) {
    return packageRunnerRunsNx(words.slice(words.indexOf(subcommand) + 1), inner);
  }
  const name = manager.runsScript.includes(subcommand) ? rest[0] : (manager.shortcuts[subcommand] ?? subcommand);
  if (name === undefined || (name === subcommand && !manager.barely && !(subcommand in manager.shortcuts)))
    return false;
  if (scriptRunsNx(name, inner)) return true;
  return manager.barely && !(name in inner.scripts) && nxPrograms.has(programName(name));
}

/** A script with what npm runs before and after it; `build:*` names several (npm-run-all, concurrently). */
function scriptRunsNx(name: string, search: Search): boolean {
  const names = name.includes('*')
    ? Object.keys(search.scripts).filter((script) => script.startsWith(name.slice(0, name.indexOf('*'))))
    : [`pre${name}`, name, `post${name}`];
  return names.some((script) => {
    const command = Object.hasOwn(search.scripts, script) ? search.scripts[script] : undefined;
    if (command === undefined || search.seen.has(script)) return false;
    search.seen.add(script);
    return findNx(command, search) !== undefined;
  });
}

/** `./node_modules/.bin/nx.cmd` and `nx@20.1.0` are `nx`. */
function programName(word: string): string {
  const last = word.split(/[\\/]/).at(-1) ?? '';
  return last.replace(/\.(cmd|bat|exe)$/i, '').replace(/(?<=.)@.*$/, '');
}

function isKnownProgram(name: string): boolean {
  return (
    nxPrograms.has(name) ||
    name in managers ||
    takesCommandLines.has(name) ||
    ['npx', 'bunx', 'pnpx', 'lerna', 'run-s', 'run-p', 'npm-run-all'].includes(name)
  );
}

const nxPrograms = new Set(['nx', 'nx-cloud', 'nxkey']);
const takesCommandLines = new Set(['bash', 'sh', 'zsh', 'concurrently', 'conc', 'start-server-and-test', 'eval']);
const wrappers = new Set(
  (
    'time timeout sudo exec command call env nice nohup retry corepack cross-env cross-env-shell dotenv dotenvx doppler ' +
    'infisical op xvfb-run stdbuf if elif then else do while until ! { start'
  ).split(' '),
);
