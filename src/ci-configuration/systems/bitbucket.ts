import { isMap, isSeq, type Node } from 'yaml';
import { tokenName, tokenNames, type CiJob, type CiSystem } from '../ci-file.js';
import {
  entriesOf,
  entryOf,
  follow,
  itemsOf,
  lineInScalar,
  parseYaml,
  startOf,
  textOf,
  type YamlFile,
} from '../yaml-file.js';
import { adviceBase, firstNx, handedOver, unreadable, type ShellText } from './common.js';

/**
 * Repository variables are handed to all steps, and those of a deployment go before them in the steps that name it
 * ("Variables and secrets"), so that there is nothing to write into the file. A step that names a deployment is one: it
 * waits for others of the same name and shows up on the deployments page. So that is left to people.
 */
export const bitbucket: CiSystem = {
  name: 'Bitbucket Pipelines',
  secretStore:
    `Under Repository settings > Repository variables add ${tokenName} with a read-only token, secured: every step has it, of pull ` +
    `requests, too. Under Repository settings > Deployments add ${tokenName} with the read-write token to an environment that only ` +
    'the main branch may deploy to, and name that environment in the steps that fill the cache.',
  snippet: `- step:\n    name: Build and fill the cache\n    # Its variable ${tokenName}, the read-write token, goes before that of the repository.\n    deployment: nx-cache\n`,
  matches: (path) => /^bitbucket-pipelines\.ya?ml$/.test(path),
  advise: (text, path, { scripts }) => {
    const base = adviceBase(bitbucket, path, text);
    const file = parseYaml(text);
    if ('problem' in file) return unreadable(base, file.problem, text);
    const jobs = stepsIn(file).map((step): CiJob => {
      const texts = shellTexts(file, step);
      const name = textOf(entryOf(file, step, 'name')?.value) ?? 'step';
      const line = file.lineAt(startOf(step) ?? 0);
      const nx = firstNx(texts, scripts);
      if (nx === undefined) return { name, line, state: 'no-nx' };
      const given = texts.some(({ shell }) => tokenNames.some((token) => shell.includes(`${token}=`)));
      return {
        name,
        line,
        state: given ? 'has-token' : 'needs-token',
        nxLine: lineInScalar(file, nx.from.node, nx.line),
      };
    });
    return handedOver(base, jobs, 'Bitbucket Pipelines hands the variables of the repository to every step by itself.');
  },
};

/** Every step once, wherever it is: in pipelines, parallel groups, stages, and definitions that others name by an alias. */
function stepsIn(file: YamlFile): Node[] {
  const found = new Set<Node>();
  const visited = new Set<Node>();
  const walk = (value: unknown): void => {
    const node = follow(file, value);
    if (node === undefined || visited.has(node)) return;
    visited.add(node);
    if (isSeq(node)) for (const item of node.items) walk(item);
    if (!isMap(node)) return;
    if (entryOf(file, node, 'script') !== undefined) found.add(node);
    else for (const entry of entriesOf(file, node)) walk(entry.pair.value);
  };
  for (const key of ['definitions', 'pipelines']) walk(entryOf(file, file.root, key)?.value);
  return [...found];
}

/** Pipes are maps among the commands: `- pipe: …`. What they run cannot be seen. */
function shellTexts(file: YamlFile, step: Node): ShellText[] {
  return ['script', 'after-script']
    .flatMap((key) => itemsOf(file, entryOf(file, step, key)?.value))
    .flatMap((node) => {
      const shell = textOf(node);
      return shell === undefined ? [] : [{ shell, node, file }];
    });
}
