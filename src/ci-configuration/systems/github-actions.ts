import type { Node } from 'yaml';
import { addEntries, type Addition } from '../add-entries.js';
import { readOnlyTokenName, tokenName, tokenNames, type CiContext, type CiJob, type CiSystem } from '../ci-file.js';
import { lineOfNxCommand } from '../nx-commands.js';
import {
  entriesOf,
  entryOf,
  itemsOf,
  lineInScalar,
  parseYaml,
  startOf,
  textOf,
  type Entry,
  type YamlFile,
} from '../yaml-file.js';
import { adviceBase, isYamlMap, summary, unreadable } from './common.js';

/**
 * The secret for a job, evaluated when the job starts. The order matters: `a && b || c` gives c when b is empty, so the
 * read-write token stands where the condition guards it, and an unset read-only secret gives nothing. (The other way
 * round, `github.event_name == 'pull_request' && secrets.READ_ONLY || secrets.READ_WRITE` would hand it to pull requests.)
 * - Only `push`: `pull_request_target`, `workflow_run` and `issue_comment` run on the default branch's ref, which is
 *   protected, with code that they may have fetched from anywhere ("Events that trigger workflows").
 * - `ref_protected` is true if branch protection or rulesets apply to the ref ("Contexts reference"); for tags it stays
 *   false (github.com/orgs/community/discussions/142985).
 * - Not `secrets[condition && 'A' || 'B']`: for an index that is computed the runner is sent every secret there is
 *   (CodeQL, "Excessive Secrets Exposure").
 * The contexts `github` and `secrets` may be used in `jobs.<job_id>.env` ("Contexts reference", context availability).
 */
const guardedSecret = `\${{ github.event_name == 'push' && github.ref_protected && secrets.${tokenName} || secrets.${readOnlyTokenName} }}`;
const readOnlySecret = `\${{ secrets.${readOnlyTokenName} }}`;

/** They run with the repository's secrets, whoever has caused them. */
const foreignEvents = ['pull_request_target', 'workflow_run', 'issue_comment'];

const secretStore =
  `Put the read-write token into the secret ${tokenName} (gh secret set ${tokenName}) and a read-only one into ` +
  `${readOnlyTokenName} (gh secret set ${readOnlyTokenName}), or both under Settings > Secrets and variables > Actions. ` +
  `Pull requests of Dependabot read another store: gh secret set ${readOnlyTokenName} --app dependabot. ` +
  'Whoever can push a branch can write a workflow that reads any secret of the repository: where that matters, put the ' +
  'read-write token into an environment (Settings > Environments) that only protected branches may use, and name that ' +
  'environment in the jobs that run on them.';

const snippet = `env:\n  ${tokenName}: ${guardedSecret}\n`;

export const githubActions: CiSystem = {
  name: 'GitHub Actions',
  secretStore,
  snippet,
  matches: (path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path),
  // Local actions and reusable workflows are named from the root of the repository ("Workflow syntax", `uses`).
  references: (text) =>
    [...text.matchAll(/\buses:\s*["']?\.\/([^\s"'#]+)/g)].flatMap(([, path = '']) =>
      /\.ya?ml$/.test(path) ? [path] : [`${trimSlash(path)}/action.yml`, `${trimSlash(path)}/action.yaml`],
    ),
  advise: (text, path, context) => {
    const base = adviceBase(githubActions, path, text);
    const file = parseYaml(text);
    if ('problem' in file) return unreadable(base, file.problem, text);

    const triggers = triggersOf(file);
    const workflowHasToken = tokenEntry(file, file.root) !== undefined;
    const found = entriesOf(file, entryOf(file, file.root, 'jobs')?.value).map((entry) => {
      const job = jobOf(file, entry, { context, seen: new Set() });
      const state = !job.runsNx ? 'no-nx' : workflowHasToken || job.hasToken ? 'has-token' : 'needs-token';
      return { ...job, entry, state } as const;
    });
    const secret = triggers.includes('push') || triggers.includes('workflow_call') ? guardedSecret : readOnlySecret;
    const additions = new Map(
      found.flatMap(({ entry, state, callee }): [Entry, Addition][] => {
        if (state !== 'needs-token' || callee !== undefined || !isYamlMap(entry.pair.value)) return [];
        return [[entry, { ...place(entry.name, entry.pair.value), entries: [[tokenName, secret]] }]];
      }),
    );
    const added = addEntries(file, [...additions.values()]);

    const jobs = found.map(({ entry, state, nxLine, callee }): CiJob => {
      const job = { name: entry.name, line: file.lineAt(startOf(entry.key) ?? 0), state, ...(nxLine && { nxLine }) };
      if (state !== 'needs-token') return job;
      if (callee !== undefined) return { ...job, untouched: callerRemedy(callee) };
      const addition = additions.get(entry);
      const refused = addition === undefined ? 'it is an alias' : added.refused.get(addition);
      return refused === undefined ? job : { ...job, untouched: `It was left alone, since ${refused}.` };
    });
    return summary(base, jobs, text, added.text, notesOf(file, triggers, jobs));
  },
};

function place(name: string, map: Addition['map']): Omit<Addition, 'entries'> {
  return { path: ['jobs', name], map, key: 'env', behind: ['runs-on', 'name'] };
}

function callerRemedy(callee: string): string {
  return (
    `It calls ${callee}, which gets only the secrets that are handed to it. Add "secrets: inherit" below "uses" (that hands ` +
    `over all of them), or hand over ${tokenName} and ${readOnlyTokenName} and declare both in ${callee} below on.workflow_call.secrets.`
  );
}

interface JobFacts {
  readonly runsNx: boolean;
  readonly hasToken: boolean;
  readonly nxLine: number | undefined;
  /** The reusable workflow that the job consists of. */
  readonly callee: string | undefined;
}

interface Search {
  readonly context: CiContext;
  /** Local actions and workflows that were looked into: each once, however often and in whatever circles they are used. */
  readonly seen: Set<string>;
}

function jobOf(file: YamlFile, { value: job }: Entry, search: Search): JobFacts {
  const callee = textOf(entryOf(file, job, 'uses')?.value);
  if (callee !== undefined) {
    const secrets = entryOf(file, job, 'secrets')?.value;
    const names = entriesOf(file, secrets).map(({ name }) => name);
    const hasToken = textOf(secrets) === 'inherit' || names.some((name) => isTokenName(name));
    return { runsNx: calleeRunsNx(callee, search), hasToken, nxLine: undefined, callee };
  }
  const steps = itemsOf(file, entryOf(file, job, 'steps')?.value)
    .map((step) => ({ step, nxLine: nxLineOf(file, step, { ...search, seen: new Set(search.seen) }) }))
    .filter((step) => step.nxLine !== undefined);
  return {
    runsNx: steps.length > 0,
    hasToken: tokenEntry(file, job) !== undefined || steps.every(({ step }) => stepHasToken(file, step)),
    nxLine: steps[0]?.nxLine,
    callee: undefined,
  };
}

/** The line of the file where a step runs Nx: in its own text, in an input of an action, or in an action of the repository. */
function nxLineOf(file: YamlFile, step: Node, search: Search): number | undefined {
  const inputs = entriesOf(file, entryOf(file, step, 'with')?.value).filter(({ name }) => inputsThatRun.test(name));
  for (const entry of [entryOf(file, step, 'run'), ...inputs]) {
    const line = entry?.value && lineOfNxCommand(textOf(entry.value) ?? '', search.context.scripts);
    if (entry?.value && line !== undefined) return lineInScalar(file, entry.value, line);
  }
  const uses = entryOf(file, step, 'uses')?.value;
  return uses && localActionRunsNx(textOf(uses) ?? '', search) ? lineInScalar(file, uses, 0) : undefined;
}

const inputsThatRun = /command|script|run|cmd|build|start|test|args/i;

/** Composite actions cannot read secrets, and have the environment of the job that uses them. */
function localActionRunsNx(uses: string, search: Search): boolean {
  if (!uses.startsWith('./')) return false;
  const folder = trimSlash(uses.slice(2));
  const file = unseenFile(`${folder}/action.yml`, search) ?? unseenFile(`${folder}/action.yaml`, search);
  if (file === undefined) return false;
  return itemsOf(file, entryOf(file, file.root, 'runs', 'steps')?.value).some(
    (step) => nxLineOf(file, step, search) !== undefined,
  );
}

function calleeRunsNx(uses: string, search: Search): boolean {
  // Nx's own reusable workflows: they run the commands that they are given.
  if (uses.startsWith('nrwl/ci/')) return true;
  const file = uses.startsWith('./') ? unseenFile(uses.slice(2), search) : undefined;
  if (file === undefined) return false;
  return entriesOf(file, entryOf(file, file.root, 'jobs')?.value).some((entry) => jobOf(file, entry, search).runsNx);
}

function unseenFile(path: string, { context, seen }: Search): YamlFile | undefined {
  const text = seen.has(path) ? undefined : context.files.get(path);
  seen.add(path);
  const file = text === undefined ? undefined : parseYaml(text);
  return file === undefined || 'problem' in file ? undefined : file;
}

function tokenEntry(file: YamlFile, owner: unknown): Entry | undefined {
  return entriesOf(file, entryOf(file, owner, 'env')?.value).find(({ name }) => isTokenName(name));
}

function stepHasToken(file: YamlFile, step: Node): boolean {
  const run = textOf(entryOf(file, step, 'run')?.value) ?? '';
  return tokenEntry(file, step) !== undefined || tokenNames.some((name) => run.includes(`${name}=`));
}

function isTokenName(name: string): boolean {
  return tokenNames.includes(name);
}

function triggersOf(file: YamlFile): string[] {
  const on = entryOf(file, file.root, 'on')?.value;
  const names = entriesOf(file, on).map(({ name }) => name);
  return names.length > 0 ? names : itemsOf(file, on).flatMap((item) => textOf(item) ?? []);
}

function notesOf(file: YamlFile, triggers: readonly string[], jobs: readonly CiJob[]): string[] {
  const notes: string[] = [];
  const foreign = triggers.filter((trigger) => foreignEvents.includes(trigger));
  const line = file.lineAt(startOf(entryOf(file, file.root, 'on')?.key) ?? 0);
  if (foreign.length > 0 && jobs.some(({ state }) => state !== 'no-nx')) {
    notes.push(
      `${foreign.join(', ')} (line ${line}) runs with the repository's secrets, whoever has caused it: if a job checks out the ` +
        `code of a pull request, that code can read its token. Give these jobs ${readOnlyTokenName} at most, never the read-write one.`,
    );
  }
  if (triggers.includes('workflow_call') && jobs.some(({ state }) => state === 'needs-token')) {
    notes.push(
      `This workflow is called by others (workflow_call, line ${line}): each caller has to hand the secrets on, with "secrets: inherit". ` +
        'Callers in other repositories cannot be seen from here.',
    );
  }
  for (const entry of entriesOf(file, entryOf(file, file.root, 'jobs')?.value)) {
    const uses = entryOf(file, entry.value, 'uses');
    const callee = textOf(uses?.value);
    if (callee === undefined || callee.startsWith('./') || callee.startsWith('nrwl/ci/')) continue;
    notes.push(`Whether ${callee} (line ${file.lineAt(startOf(uses?.key) ?? 0)}) runs Nx cannot be seen from here.`);
  }
  if (jobs.some(({ state }) => state === 'needs-token') && triggers.includes('push')) {
    notes.push(
      'The read-write token goes to pushes to protected branches only. Where no branch is protected (Settings > Rules), every ' +
        'job gets the read-only one, and nothing that it stores is seen by others.',
    );
  }
  return notes;
}

function trimSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
