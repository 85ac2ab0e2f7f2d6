import { join } from 'node:path';
import type { Node } from 'jsonc-parser';
import { UserError } from '../errors.js';
import { bytesOf } from '../files/look.js';
import { cloudRunner, legacyCloudRunner } from './access-tokens.js';
import { nxJsonName } from './find-workspace.js';
import { parseNxJson, propertiesOf, stringOf, valueAt, type NxJson } from './nx-json.js';

/** What the nx.json of a workspace says about its remote cache. */
export interface WorkspaceConfiguration {
  /** The workspace's root folder. */
  root: string;
  nxCloudId?: string;
  /** The servers it names, the one that counts first. Not checked: see `server-url.ts`. */
  serverUrls: ServerUrlSetting[];
  neverConnectToCloud: boolean;
}

export interface ServerUrlSetting {
  /** As it stands in the file. */
  text: string;
  /** In words: `tasksRunnerOptions.default.options.url in nx.json`. */
  source: string;
}

/** @throws {UserError} when nx.json cannot be read, {NxJsonProblem} when it is not valid */
export function readWorkspaceConfiguration(root: string): Promise<WorkspaceConfiguration> {
  return new Promise((read) => {
    const path = join(root, nxJsonName);
    const file = readNxJson(path);
    if (file === undefined) throw notRead(path);
    read({ root, ...configurationOf(parseNxJson(file.text)) });
  });
}

/**
 * The text of an nx.json, or of another file like it, and the bytes it was read from.
 * @returns `undefined` when it is not there
 * @throws {UserError} when it cannot be read, or is not UTF-8: what cannot be read exactly cannot be written back
 */
export function readNxJson(path: string): { text: string; bytes: Buffer } | undefined {
  try {
    const bytes = bytesOf(path);
    return bytes && { text: decodeNxJson(bytes, path), bytes };
  } catch (error) {
    throw error instanceof UserError ? error : notRead(path, error);
  }
}

function notRead(path: string, cause?: unknown): UserError {
  return new UserError(`${path} could not be read.`, { remedy: `Check the permissions: ls -l '${path}'`, cause });
}

function decodeNxJson(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${path} is not valid UTF-8, so it was left alone.`, {
      remedy: 'Save it as UTF-8 in your editor, then run the command again.',
      cause,
    });
  }
}

/**
 * What counts among several settings is what Nx itself takes: the options of the runner `default`, whatever its runner,
 * before the top level (`getCloudOptions` in the `nx` package). Then come other entries with Nx Cloud's runner, in the
 * order of the text: Nx takes those when told to with `--runner`.
 */
export function configurationOf({ root }: NxJson): Omit<WorkspaceConfiguration, 'root'> {
  const ofDefault = ['tasksRunnerOptions', 'default', 'options'];
  const ofOthers = propertiesOf(valueAt(root, 'tasksRunnerOptions'))
    .filter(({ name, value }) => name !== 'default' && isCloudEntry(value))
    .map(({ name }) => ['tasksRunnerOptions', name, 'options']);

  const ids = settings(root, [
    [...ofDefault, 'nxCloudId'],
    ['nxCloudId'],
    ...ofOthers.map((path) => [...path, 'nxCloudId']),
  ]);
  const urls = settings(root, [[...ofDefault, 'url'], ...ofOthers.map((path) => [...path, 'url']), ['nxCloudUrl']]);
  const nxCloudId = ids[0]?.text;
  return {
    ...(nxCloudId !== undefined && { nxCloudId }),
    serverUrls: urls,
    neverConnectToCloud: valueAt(root, 'neverConnectToCloud')?.value === true,
  };
}

function isCloudEntry(entry: Node): boolean {
  const runner = stringOf(valueAt(entry, 'runner'));
  return runner === cloudRunner || runner === legacyCloudRunner;
}

/** The non-empty strings at these paths, in this order. */
function settings(root: Node, paths: string[][]): ServerUrlSetting[] {
  return paths.flatMap((path) => {
    const text = stringOf(valueAt(root, ...path));
    return text === undefined || text.trim() === '' ? [] : [{ text, source: `${path.join('.')} in nx.json` }];
  });
}
