import type { Node } from 'yaml';
import { tokenName, tokenNames, type CiJob, type CiSystem } from '../ci-file.js';
import { entriesOf, entryOf, itemsOf, lineInScalar, parseYaml, startOf, textOf, type YamlFile } from '../yaml-file.js';
import { adviceBase, firstNx, handedOver, unreadable, type ShellText } from './common.js';

/**
 * Variables of the project are handed to all jobs, and those of a context go before them in the jobs that name it
 * ("Introduction to environment variables", order of precedence). A job that names a context it may not use fails, so
 * that a context for main only needs a workflow job of its own, with a branch filter: that is left to people.
 */
export const circleci: CiSystem = {
  name: 'CircleCI',
  secretStore:
    `Under Project Settings > Environment Variables add ${tokenName} with a read-only token: every job has it. Put the read-write ` +
    `token as ${tokenName} into a context (Organization Settings > Contexts), restrict that with an expression such as ` +
    'pipeline.git.branch == "main" and not job.ssh.enabled, and name the context in jobs that only main runs. Leave "Pass secrets ' +
    'to builds from forked pull requests" off.',
  snippet:
    'workflows:\n  ci:\n    jobs:\n      - build:\n          # The read-only token, from the project.\n          filters: { branches: { ignore: main } }\n' +
    `      - build:\n          name: build-main\n          # ${tokenName} of the context, the read-write token, goes before that of the project.\n` +
    '          context: nx-cache\n          filters: { branches: { only: main } }\n',
  matches: (path) => /^\.circleci\/[^/]+\.ya?ml$/.test(path),
  advise: (text, path, { scripts }) => {
    const base = adviceBase(circleci, path, text);
    const file = parseYaml(text);
    if ('problem' in file) return unreadable(base, file.problem, text);
    const jobs = entriesOf(file, entryOf(file, file.root, 'jobs')?.value).map(({ name, key, value }): CiJob => {
      const line = file.lineAt(startOf(key) ?? 0);
      const texts = shellTexts(file, value, new Set());
      const nx = firstNx(texts, scripts);
      if (nx === undefined) return { name, line, state: 'no-nx' };
      const given =
        entriesOf(file, entryOf(file, value, 'environment')?.value).some((entry) => tokenNames.includes(entry.name)) ||
        texts.some(({ shell }) => tokenNames.some((token) => shell.includes(`${token}=`)));
      return {
        name,
        line,
        state: given ? 'has-token' : 'needs-token',
        nxLine: lineInScalar(file, nx.from.node, nx.line),
      };
    });
    const advice = handedOver(base, jobs, 'CircleCI hands the variables of the project to every job by itself.');
    return { ...advice, notes: notesOf(file, jobs) };
  },
};

/** The commands of a job's steps, those of commands and conditions that the file defines included. */
function shellTexts(file: YamlFile, owner: unknown, seen: Set<string>): ShellText[] {
  return itemsOf(file, entryOf(file, owner, 'steps')?.value).flatMap((step): ShellText[] => {
    const plain = textOf(step);
    if (plain !== undefined) return commandTexts(file, plain, seen);
    return entriesOf(file, step).flatMap(({ name, value }) => {
      if (name === 'run') return runText(file, value);
      if (name === 'when' || name === 'unless') return shellTexts(file, value, seen);
      return commandTexts(file, name, seen);
    });
  });
}

function commandTexts(file: YamlFile, name: string, seen: Set<string>): ShellText[] {
  const command = seen.has(name) ? undefined : entryOf(file, file.root, 'commands', name)?.value;
  seen.add(name);
  return command === undefined ? [] : shellTexts(file, command, seen);
}

function runText(file: YamlFile, run: Node | undefined): ShellText[] {
  const node = textOf(run) === undefined ? entryOf(file, run, 'command')?.value : run;
  const shell = textOf(node);
  return node === undefined || shell === undefined ? [] : [{ shell, node, file }];
}

function notesOf(file: YamlFile, jobs: readonly CiJob[]): string[] {
  const notes: string[] = [];
  const own = new Set(jobs.map(({ name }) => name));
  for (const workflow of entriesOf(file, entryOf(file, file.root, 'workflows')?.value)) {
    for (const item of itemsOf(file, entryOf(file, workflow.value, 'jobs')?.value)) {
      const [entry] = entriesOf(file, item);
      const name = textOf(item) ?? entry?.name ?? '';
      const line = file.lineAt(startOf(item) ?? 0);
      if (name.includes('/'))
        notes.push(`Whether the job ${name} (line ${line}) runs Nx is up to its orb, and cannot be seen from here.`);
      const contexts = itemsOf(file, entryOf(file, entry?.value, 'context')?.value).flatMap(
        (context) => textOf(context) ?? [],
      );
      const state = own.has(name) ? jobs.find((job) => job.name === name)?.state : undefined;
      if (contexts.length > 0 && state === 'needs-token') {
        notes.push(
          `${name} (line ${line}) has the context ${contexts.join(', ')}: the token may be there already, or can be added to it.`,
        );
      }
    }
  }
  if (/^\s*setup:\s*true\b/m.test(file.text))
    notes.push('This configuration makes another one when it runs, which cannot be seen from here.');
  return notes;
}
