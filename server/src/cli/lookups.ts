import type { User } from '../domain/model.js';
import type { Repositories, WorkspaceWithOrganization } from '../domain/repositories.js';
import { readPublicUrl } from '../domain/settings.js';
import { normalizeEmail } from '../domain/sign-in.js';
import { UserError } from '../errors.js';

/** What a command is told to work on; a mistyped one is a sentence. */

/** @throws {UserError} when there is none */
export async function requireWorkspace(
  nxCloudId: string,
  { workspaces }: Repositories,
): Promise<WorkspaceWithOrganization> {
  const found = await workspaces.findByNxCloudId(nxCloudId);
  if (found === null) {
    throw new UserError(`There is no workspace with the nxCloudId ${nxCloudId}.`, {
      remedy: 'It is what nx.json has as nxCloudId. To see all of them: nxkey-server workspace list --help',
    });
  }
  return found;
}

/** @throws {UserError} when there is none */
export async function requireUser(email: string, { users }: Repositories): Promise<User> {
  const user = await users.findByEmail(normalizeEmail(email));
  if (user === null) {
    throw new UserError(`There is no user with the e-mail address ${email}.`, {
      remedy: 'Add them first: nxkey-server user add --help',
    });
  }
  return user;
}

/**
 * The address that links begin with.
 *
 * @param given by a flag; else it is that of the server's last start
 * @throws {UserError} when neither is known
 */
export async function linkOrigin(given: string | undefined, repositories: Repositories): Promise<string> {
  const origin = given ?? (await readPublicUrl(repositories));
  if (origin === null) {
    throw new UserError('The server has never been started on this folder, so the address for the link is not known.', {
      remedy: 'Give it with --public-url, for example: --public-url https://nxkey.acme.example',
    });
  }
  return origin;
}
