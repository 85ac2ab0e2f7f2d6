import { UserError } from '../../errors.js';
import { createListing } from '../../files/look.js';
import { findRepository, type Environment } from '../../git/repository.js';
import type { ChosenWorkspace, ConvertOptions } from '../convert-workspace.js';
import { askForIds } from '../plan.js';
import { readText, readWorkspace } from '../read-workspace.js';
import { repositoryAtHost } from './repository-at-host.js';

/**
 * Which repositories say, by a token in their nx.json, that a workspace of the server is theirs. Anybody who has a change
 * merged can put the token of another workspace there, and would have the new token of that one handed to a CI of
 * theirs; so one that several repositories say is theirs is none's, until a person says so.
 */
export interface Claims {
  add: (workspace: string, nxCloudId: string) => Promise<void>;
  /** The other repositories that say so of this one, by the names that people know. */
  ofOthers: (workspace: string, nxCloudId: string) => Promise<string[]>;
  /** The nxCloudIds that a repository says are its own. */
  ofRepository: (repository: string) => string[];
  /** What a folder's repository is called: `owner/name`, else its folder. */
  repositoryOf: (workspace: string) => Promise<string>;
}

export function createClaims(env: Environment): Claims {
  const repositoriesById = new Map<string, Set<string>>();
  const idsByRepository = new Map<string, Set<string>>();
  const names = new Map<string, Promise<string>>();
  const repositoryOf = async (workspace: string) => {
    const root = (await findRepository(workspace, env).catch(unlessDefect))?.root ?? workspace;
    // A clone of the same repository is no other one.
    const name = names.get(root) ?? nameOf(root, env);
    names.set(root, name);
    return name;
  };
  return {
    repositoryOf,
    async add(workspace, nxCloudId) {
      const repository = await repositoryOf(workspace);
      addTo(repositoriesById, nxCloudId, repository);
      addTo(idsByRepository, repository, nxCloudId);
    },
    ofRepository: (repository) => [...(idsByRepository.get(repository) ?? [])],
    async ofOthers(workspace, nxCloudId) {
      const own = await repositoryOf(workspace);
      return [...(repositoriesById.get(nxCloudId) ?? [])].filter((name) => name !== own);
    },
  };
}

async function nameOf(root: string, env: Environment): Promise<string> {
  try {
    return await repositoryAtHost(root, env);
  } catch (error) {
    unlessDefect(error);
    return root;
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value));
}

/** Reads all workspaces of a run, before the first token is made. What cannot be read is said when it is converted. */
export async function claimAll(
  claims: Claims,
  chosen: readonly ChosenWorkspace[],
  { ids }: Pick<ConvertOptions, 'ids'>,
): Promise<void> {
  for (const { workspace, display } of chosen) {
    try {
      const listing = createListing();
      const content = await readWorkspace(workspace, {
        ...{ listing, display, read: readText },
        ...{ repositoryRoot: undefined, withCi: false },
      });
      const { idOf } = await askForIds(content, { ids, display });
      const tokens = content.configurations.flatMap(({ accessTokens }) => accessTokens);
      for (const nxCloudId of new Set(tokens.map(({ token }) => idOf(token)))) await claims.add(workspace, nxCloudId);
    } catch (error) {
      unlessDefect(error);
    }
  }
}

function unlessDefect(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}
