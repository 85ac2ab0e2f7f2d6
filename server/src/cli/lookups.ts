import type { User } from '../domain/model.js';
import { normalizeEmail } from '../domain/names.js';
import type { Repositories } from '../domain/repositories.js';
import { readPublicUrl } from '../domain/settings.js';

import { UserError } from '../errors.js';

/** What a command is told to work on; a mistyped one is a sentence. */

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
