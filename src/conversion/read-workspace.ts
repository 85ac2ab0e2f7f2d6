import { join } from 'node:path';
import { findAccessTokens, type AccessToken } from '../nx-workspace/access-tokens.js';
import { configurationOf, readNxJson, type WorkspaceConfiguration } from '../nx-workspace/configuration.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';
import { tokenVariablesOf, type TokenVariable } from '../nx-workspace/nx-cloud-env.js';
import { NxJsonProblem, parseNxJson, type NxJson } from '../nx-workspace/nx-json.js';
import { readPackages, type WorkspacePackages } from '../nx-workspace/packages.js';

/** All of a workspace that a conversion depends on. */
export interface WorkspaceContent {
  /** Its root, absolute. */
  workspace: string;
  nxJson: NxJsonFile;
  packages: WorkspacePackages;
  tokenVariables: readonly TokenVariable[];
}

export interface NxJsonFile {
  /** Absolute. */
  path: string;
  text: string;
  bytes: Buffer;
  /** In the order of the text. */
  accessTokens: readonly AccessToken[];
  configuration: Omit<WorkspaceConfiguration, 'root'>;
}

/**
 * @param display a path as messages have it
 * @throws {UserError} when a file cannot be read, or nx.json has something that cannot be converted
 */
export async function readWorkspace(workspace: string, display: (path: string) => string): Promise<WorkspaceContent> {
  const path = join(workspace, nxJsonName);
  const { text, bytes } = await readNxJson(path);
  const { nxJson, accessTokens } = parse(text, display(path));
  return {
    workspace,
    nxJson: { path, text, bytes, accessTokens, configuration: configurationOf(nxJson) },
    packages: await readPackages(workspace),
    tokenVariables: await tokenVariablesOf(workspace),
  };
}

function parse(text: string, file: string): { nxJson: NxJson; accessTokens: AccessToken[] } {
  try {
    const nxJson = parseNxJson(text);
    return { nxJson, accessTokens: findAccessTokens(nxJson) };
  } catch (error) {
    throw error instanceof NxJsonProblem ? error.in(file) : error;
  }
}
