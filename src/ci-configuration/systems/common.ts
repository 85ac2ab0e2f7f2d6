import { isMap, type Node, type YAMLMap } from 'yaml';
import { tokenNames, type CiAdvice, type CiJob, type CiSystem } from '../ci-file.js';
import { lineOfNxCommand, type Scripts } from '../nx-commands.js';
import { tokensInCiFile } from '../tokens-in-ci-file.js';
import type { YamlFile } from '../yaml-file.js';

export type AdviceBase = Pick<CiAdvice, 'path' | 'system' | 'secretStore' | 'snippet' | 'tokens'>;

/** What holds for every file of the system, and the tokens that stand in this one. */
export function adviceBase({ name, secretStore, snippet }: CiSystem, path: string, text: string): AdviceBase {
  return { path, system: name, secretStore, snippet, tokens: tokensInCiFile(text) };
}

/** A file that cannot be looked into: named and left alone. */
export function unreadable(base: AdviceBase, problem: string, text: string): CiAdvice {
  const named = tokenNames.filter((name) => text.includes(name));
  const mentions = named.length > 0 ? ` It mentions ${named.join(' and ')}.` : '';
  return {
    ...base,
    jobs: [],
    notes: [],
    untouched: `${base.path} ${problem}, so it was left alone.${mentions} Where a job in it runs Nx, add the token by hand.`,
  };
}

/** The advice for a file whose jobs are known. `patched` is the text with all that could be added. */
export function summary(
  base: AdviceBase,
  jobs: readonly CiJob[],
  text: string,
  patched: string,
  notes: readonly string[],
): CiAdvice {
  const left = jobs.filter(({ untouched }) => untouched !== undefined);
  const untouched = left.map((job) => `${job.name} (line ${job.line}): ${job.untouched ?? ''}`).join('\n');
  return {
    ...base,
    jobs,
    notes,
    ...(patched !== text && { patched }),
    ...(untouched !== '' && { untouched }),
  };
}

/** The advice for a system that hands variables to its jobs by itself, so that the file stays as it is. */
export function handedOver(base: AdviceBase, jobs: readonly CiJob[], why: string): CiAdvice {
  const needed = jobs.some(({ state }) => state === 'needs-token');
  const untouched = `${why} Nothing has to change in ${base.path} once the token is in the secret store.`;
  return { ...base, jobs, notes: [], ...(needed && { untouched }) };
}

export function isYamlMap(node: unknown): node is YAMLMap {
  return isMap(node);
}

export interface ShellText {
  readonly shell: string;
  /** Where it stands. */
  readonly node: Node;
  readonly file: YamlFile;
}

/** The first of several shell texts that runs Nx, and the line in it. */
export function firstNx(texts: readonly ShellText[], scripts: Scripts): { from: ShellText; line: number } | undefined {
  for (const from of texts) {
    const line = lineOfNxCommand(from.shell, scripts);
    if (line !== undefined) return { from, line };
  }
  return undefined;
}
