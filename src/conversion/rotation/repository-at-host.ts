import { UserError } from '../../errors.js';
import { findRepository, type Environment } from '../../git/repository.js';
import { askGit } from '../../git/run-git.js';
import { repositoryName } from './repository-name.js';

/**
 * What the host of a folder's repository calls it: `owner/name`, after its remote `origin`.
 * @throws {UserError} when there is none
 */
export async function repositoryAtHost(folder: string, env: Environment): Promise<string> {
  const repository = await findRepository(folder, env);
  if (repository === undefined) {
    throw new UserError(`${folder} is in no git repository.`, { remedy: 'Leave {repo} out of --secret-command.' });
  }
  const address = await askGit(repository, ['remote', 'get-url', 'origin']);
  const name = repositoryName(address.toString());
  if (name !== undefined) return name;
  // The address is not repeated: there may be a password in it.
  throw new UserError(`The remote "origin" of ${repository.root} is no repository of a host: owner/name.`, {
    remedy: `See which it is:  git -C ${repository.root} remote get-url origin`,
  });
}
