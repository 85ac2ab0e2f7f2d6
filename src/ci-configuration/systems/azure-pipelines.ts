import { posix } from 'node:path';
import { isMap, isPair, isSeq, type Node, type YAMLMap } from 'yaml';
import { addEntries, type Addition, type Entries } from '../add-entries.js';
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
import { adviceBase, summary, unreadable } from './common.js';

/**
 * Secret variables are not handed to steps: each one names them in its `env` ("Set secret variables"). Which one is
 * decided when the run is compiled, by the branch (`Build.SourceBranch` may be used in template expressions, "Predefined
 * variables"; for a pull request it is refs/pull/…/merge). Azure knows no such thing as "this branch is protected" there,
 * so the default branch stands for it. `ne` instead of `else`, which Azure DevOps Server 2020 does not know.
 */
function secretsBy(branch: string): Entries {
  const source = `variables['Build.SourceBranch'], 'refs/heads/${branch}'`;
  return [
    [`\${{ if eq(${source}) }}`, [[tokenName, `$(${tokenName})`]]],
    [`\${{ if ne(${source}) }}`, [[tokenName, `$(${readOnlyTokenName})`]]],
  ];
}

// In one mapping `${{ else }}` may stand several times.
const dialect = { repeatedKeys: true };

export const azurePipelines: CiSystem = {
  name: 'Azure Pipelines',
  secretStore:
    `Under Pipelines > Edit > Variables, or in a variable group (Pipelines > Library), add the secret variables ${tokenName} with ` +
    `the read-write token and ${readOnlyTokenName} with a read-only one (az pipelines variable create --name ${tokenName} --secret true). ` +
    'Leave "Make secrets available to builds of forks" off. Whoever can push a branch can change what its pipeline reads: where ' +
    'that matters, put the read-write token into a variable group with a branch control check.',
  snippet: `env:\n${secretsBy('main')
    .flatMap(([key, value]) => [
      `  ${key}:`,
      ...(typeof value === 'string' ? [] : value.map(([name, text]) => `    ${name}: ${String(text)}`)),
    ])
    .join('\n')}\n`,
  matches: (path) =>
    /^(\.azure-pipelines|\.azuredevops|\.azure|\.pipelines|azure-pipelines)\/[^/]+\.ya?ml$/.test(path) ||
    /^\.?(azure|vsts)[^/]*\.ya?ml$/.test(path),
  includesOwnKind: true,
  // From the file that names them, or from the root when they start with a slash ("Templates"); @ names another repository.
  references: (text, path) =>
    templatesIn(text).flatMap(({ template, repository }) => {
      if (repository !== undefined) return [];
      return [template.startsWith('/') ? template.slice(1) : posix.join(posix.dirname(path), template)];
    }),
  advise: (text, path, context) => {
    const base = adviceBase(azurePipelines, path, text);
    const file = parseYaml(text, dialect);
    if ('problem' in file) return unreadable(base, file.problem, text);

    const injected = variableIsInjected(file);
    const steps = stepsIn(file).map((step) => ({ ...step, nxLine: nxLineOf(file, step.map, context) }));
    const needs = steps.filter(({ map, nxLine }) => nxLine !== undefined && !injected && !hasToken(file, map));
    const additions = new Map(
      needs.map(({ map, path: at }): [YAMLMap, Addition] => {
        const place = { path: at, map, key: 'env', behind: [] };
        return [map, { ...place, entries: secretsBy(context.defaultBranch) }];
      }),
    );
    const added = addEntries(file, [...additions.values()], dialect);
    const jobs = [...new Set(steps.map(({ job }) => job))].map(({ name, offset }): CiJob => {
      const own = steps.filter(({ job }) => job.name === name && job.offset === offset);
      const line = file.lineAt(offset);
      const nxLine = own.find((step) => step.nxLine !== undefined)?.nxLine;
      if (nxLine === undefined) return { name, line, state: 'no-nx' };
      const open = own.flatMap(({ map }) => additions.get(map) ?? []);
      if (open.length === 0) return { name, line, state: 'has-token', nxLine };
      const refused = open.flatMap((addition) => added.refused.get(addition) ?? [])[0];
      const untouched = refused === undefined ? {} : { untouched: `A step was left alone, since ${refused}.` };
      return { name, line, state: 'needs-token', nxLine, ...untouched };
    });
    return summary(base, jobs, text, added.text, notesOf(file, text, jobs, context));
  },
};

interface Step {
  readonly map: YAMLMap;
  readonly path: readonly (string | number)[];
  readonly job: JobName;
}

interface JobName {
  readonly name: string;
  readonly offset: number;
}

const stepKeys = ['script', 'bash', 'pwsh', 'powershell', 'task'];

/**
 * Every step, wherever it is: below stages, jobs, deployment strategies, and the conditions and loops of template
 * expressions, which are keys of their own (`- ${{ if … }}:`). Aliases are not followed: Azure knows none.
 */
function stepsIn(file: YamlFile): Step[] {
  const walk = (node: unknown, path: readonly (string | number)[], job: JobName): Step[] => {
    if (isSeq(node)) {
      return node.items.flatMap((item, index) => {
        const at = [...path, index];
        const isStep = isMap(item) && stepKeys.some((key) => entryOf(file, item, key) !== undefined);
        return isStep ? [{ map: item, path: at, job }] : walk(item, at, job);
      });
    }
    if (!isMap(node)) return [];
    const named = ['job', 'deployment', 'stage'].map((key) => entryOf(file, node, key)).find((entry) => entry?.value);
    const inside =
      named === undefined ? job : { name: textOf(named.value) ?? named.name, offset: startOf(named.key) ?? 0 };
    return node.items.flatMap((pair) => {
      const key = isPair(pair) ? textOf(pair.key) : undefined;
      return key === undefined ? [] : walk(pair.value, [...path, key], inside);
    });
  };
  return walk(file.root, [], { name: 'steps', offset: startOf(file.root) ?? 0 });
}

function nxLineOf(file: YamlFile, step: Node, context: CiContext): number | undefined {
  for (const { entry, shell } of shellsOf(file, step)) {
    const line = lineOfNxCommand(shell, context.scripts);
    if (line !== undefined && entry.value !== undefined) return lineInScalar(file, entry.value, line);
  }
  return undefined;
}

function shellsOf(file: YamlFile, step: Node): { entry: Entry; shell: string }[] {
  const task = textOf(entryOf(file, step, 'task')?.value)?.toLowerCase() ?? '';
  const inputs = entriesOf(file, entryOf(file, step, 'inputs')?.value);
  return [...entriesOf(file, step), ...inputs].flatMap((entry) => {
    const value = textOf(entry.value) ?? '';
    if (['script', 'bash', 'pwsh', 'powershell', 'inlineScript'].includes(entry.name)) return [{ entry, shell: value }];
    // Npm@1 takes `customCommand: run build`, Yarn@3 takes `arguments: build`.
    if (task.startsWith('npm@') && entry.name === 'customCommand') return [{ entry, shell: `npm ${value}` }];
    if (task.startsWith('yarn@') && entry.name === 'arguments') return [{ entry, shell: `yarn ${value}` }];
    return [];
  });
}

function hasToken(file: YamlFile, step: Node): boolean {
  const names = (node: Node | undefined): string[] =>
    entriesOf(file, node).flatMap(({ name, value }) => [name, ...(name.startsWith('${{') ? names(value) : [])]);
  return names(entryOf(file, step, 'env')?.value).some((name) => tokenNames.includes(name));
}

/** A variable of the file itself is no secret, and is handed to all steps. */
function variableIsInjected(file: YamlFile): boolean {
  const variables = entryOf(file, file.root, 'variables')?.value;
  const names = [
    ...entriesOf(file, variables).map(({ name }) => name),
    ...itemsOf(file, variables).map((item) => textOf(entryOf(file, item, 'name')?.value)),
  ];
  return names.some((name) => name !== undefined && tokenNames.includes(name));
}

function notesOf(file: YamlFile, text: string, jobs: readonly CiJob[], { defaultBranch }: CiContext): string[] {
  const notes = templatesIn(text).flatMap(({ template, repository, offset }) => {
    const line = file.lineAt(offset);
    return repository === undefined
      ? []
      : [`Whether ${template}@${repository} (line ${line}) runs Nx cannot be seen from here.`];
  });
  if (jobs.some(({ state }) => state === 'needs-token')) {
    notes.push(
      `The read-write token goes to runs of ${defaultBranch} only, and the read-only one to all others. Azure Pipelines cannot tell ` +
        'which other branches are protected. Create both variables first: a name that does not exist is passed on as $(name).',
    );
  }
  return notes;
}

interface Template {
  readonly template: string;
  /** `undefined` for this one. */
  readonly repository: string | undefined;
  readonly offset: number;
}

function templatesIn(text: string): Template[] {
  return [...text.matchAll(/\btemplate:[ \t]*["']?([^\s"'#]+)/g)].map((match) => {
    const [template = '', repository] = (match[1] ?? '').split('@');
    return { template, repository: repository === 'self' ? undefined : repository, offset: match.index };
  });
}
