import { join } from 'node:path';
import type { CiFile } from '../ci-configuration/ci-file.js';
import { readCi } from '../ci-configuration/read-ci.js';
import { UserError } from '../errors.js';
import { createListing, type Listing } from '../files/look.js';
import { findAccessTokens, type AccessToken } from '../nx-workspace/access-tokens.js';
import { configurationOf, readNxJson, type WorkspaceConfiguration } from '../nx-workspace/configuration.js';
import { extendedConfiguration } from '../nx-workspace/extended-configuration.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';
import { NxJsonProblem, parseNxJson, valueAt, type NxJson } from '../nx-workspace/nx-json.js';
import { readsTopLevelId } from '../nx-workspace/nx-version.js';
import { findTokensElsewhere, type TokensElsewhere } from '../nx-workspace/other-tokens.js';
import { readPackages, type WorkspacePackages } from '../nx-workspace/packages.js';
import type { Surroundings } from '../nx-workspace/rewrite.js';

/** All of a workspace that a conversion depends on. */
export interface WorkspaceContent {
  /** Its root, absolute. */
  workspace: string;
  /** In the order in which they are written: what nx.json extends, if that is a file of the workspace, then nx.json. */
  configurations: readonly ConfigurationFile[];
  /** What nx.json says. */
  configuration: Omit<WorkspaceConfiguration, 'root'>;
  packages: WorkspacePackages;
  /** Where Nx needs a package for an id. */
  packageJson: TextFile | undefined;
  /** The CI files of its repository; none where nobody wants to know. */
  ci: readonly (CiFile & { absolutePath: string })[];
  /** Tokens in files that are not converted. */
  elsewhere: TokensElsewhere;
}

export interface TextFile {
  /** Absolute. */
  path: string;
  text: string;
  bytes: Buffer;
}

export interface ConfigurationFile extends TextFile {
  nxJson: NxJson;
  /** In the order of the text. */
  accessTokens: readonly AccessToken[];
  otherRunners: Surroundings['otherRunners'];
}

type Read = Omit<TextFile, 'path'> | undefined;

export interface Reading {
  /** A path as messages have it. */
  display: (path: string) => string;
  /** The files that may be changed, as they are or as they were once; those that are not there, `undefined`. */
  read: (path: string) => Read | Promise<Read>;
  /** Of the repository that the workspace is in. */
  repositoryRoot: string | undefined;
  /** CI files are read in any case, and not only where there is a token to convert. */
  withCi: boolean;
  /** What the folders have while the workspace is worked on. */
  listing?: Listing;
}

/** As the files are now. @throws {UserError} */
export const readText: Reading['read'] = readNxJson;

/** @throws {UserError} when a file cannot be read, or a configuration has something that cannot be converted */
export async function readWorkspace(workspace: string, reading: Reading): Promise<WorkspaceContent> {
  const { display, read, repositoryRoot, listing = createListing() } = reading;
  const configurationAt = async (path: string): Promise<Omit<ConfigurationFile, 'otherRunners'>> => {
    const file = await read(path);
    if (file === undefined) throw new UserError(`${display(path)} is not there any more.`);
    return { path, ...file, ...parse(file.text, () => display(path)) };
  };
  const nxJson = await configurationAt(join(workspace, nxJsonName));
  const packages = await readPackages(workspace, { listing, repository: { root: repositoryRoot } });
  const extended = await extendedConfiguration(workspace, nxJson.nxJson, packages.nx);
  const hiding = valueAt(nxJson.nxJson.root, 'tasksRunnerOptions') !== undefined;
  const base = extended?.path === undefined ? [] : [await configurationAt(extended.path)];
  const configurations: ConfigurationFile[] = [
    ...base.map((file) => ({ ...file, otherRunners: hiding ? ('hiding' as const) : ('none' as const) })),
    { ...nxJson, otherRunners: extended?.hasRunners === true ? 'hidden' : 'none' },
  ];
  const needsPackage = packages.nx !== undefined && !readsTopLevelId(packages.nx);
  const path = join(workspace, 'package.json');
  const packageJson = needsPackage ? await read(path) : undefined;
  const hasToken = configurations.some(({ accessTokens }) => accessTokens.length > 0);
  return {
    workspace,
    configurations,
    configuration: configurationOf(nxJson.nxJson),
    packages,
    packageJson: packageJson && { path, ...packageJson },
    ci: hasToken || reading.withCi ? await readCiOf(workspace, { ...reading, listing }) : [],
    elsewhere: await findTokensElsewhere(workspace, nxJson.nxJson, listing),
  };
}

async function readCiOf(
  workspace: string,
  { repositoryRoot, read, listing }: Reading & { listing: Listing },
): Promise<WorkspaceContent['ci']> {
  const root = repositoryRoot ?? workspace;
  const files = await readCi(root, {
    workspaceRoot: workspace,
    listing,
    ...(read !== readText && { read: async (path: string) => (await read(path))?.bytes ?? Buffer.alloc(0) }),
  });
  return files.map((file) => ({ ...file, absolutePath: join(root, file.path) }));
}

function parse(text: string, file: () => string): { nxJson: NxJson; accessTokens: AccessToken[] } {
  try {
    const nxJson = parseNxJson(text);
    return { nxJson, accessTokens: findAccessTokens(nxJson) };
  } catch (error) {
    throw error instanceof NxJsonProblem ? error.in(file()) : error;
  }
}
