import type { PresetName } from '../../../src/protocol/wire-types.js';
import { UserError } from '../errors.js';
import { recordEvent, type Initiator } from './audit-log.js';
import type { Workspace } from './model.js';
import { normalizeEmail } from './names.js';
import { insertOrganization } from './organizations.js';
import type { PasswordHasher } from './passwords.js';
import { newId } from './secrets.js';
import type { Services } from './services.js';
import { insertWorkspace } from './workspaces.js';

export interface FirstSetup {
  email: string;
  name: string;
  password: string;
  organizationSlug: string;
  workspaceName: string;
  preset: PresetName;
}

/**
 * The first owner, their organization, and a workspace that has opted in to personal access tokens: all or nothing.
 *
 * @throws {UserError} when the person or the organization is there already
 */
export async function setUp(
  setup: FirstSetup,
  initiator: Initiator,
  { database, clock }: Services,
  passwords: PasswordHasher,
): Promise<Workspace> {
  const now = clock();
  const email = normalizeEmail(setup.email);
  const passwordHash = await passwords.hash(setup.password);
  const userId = newId();

  return await database.transaction(async (repositories) => {
    const { users } = repositories;
    if (!(await users.insert({ id: userId, email, name: setup.name, createdAt: now }))) {
      throw new UserError(`There already is a user with the e-mail address ${email}. Nothing was changed.`, {
        remedy: 'init is for the first owner. To add people, type: nxkey-server user add --help',
      });
    }
    await users.setPasswordHash(userId, passwordHash, now);
    const inside = { repositories, clock };
    await recordEvent(repositories, clock, initiator, { action: 'user.password-set', target: email });
    const slug = setup.organizationSlug;
    const { id: organizationId } = await insertOrganization({ slug, name: slug, ownerId: userId }, initiator, inside);
    const { workspaceName: name, preset } = setup;
    return await insertWorkspace({ organizationId, name, preset }, initiator, inside);
  });
}
