import type { PresetName, Role } from '../../../src/protocol/wire-types.js';
import { UserError } from '../errors.js';
import type { User } from './model.js';
import type { PasswordHasher } from './passwords.js';
import { presets } from './presets.js';
import { newId, newNxCloudId } from './secrets.js';
import type { Services } from './services.js';
import { normalizeEmail } from './sign-in.js';

/** What an operator does at the command line. Each is all or nothing. */

export interface FirstSetup {
  email: string;
  name: string;
  password: string;
  organizationSlug: string;
  workspaceName: string;
  preset: PresetName;
}

/** The first owner, their organization, and a workspace that has opted in to personal access tokens. */
export async function setUp(
  setup: FirstSetup,
  { database, clock }: Services,
  passwords: PasswordHasher,
): Promise<{ nxCloudId: string }> {
  const now = clock();
  const email = normalizeEmail(setup.email);
  const passwordHash = await passwords.hash(setup.password);
  const userId = newId();
  const organizationId = newId();
  const nxCloudId = newNxCloudId();

  await database.transaction(async ({ users, organizations, workspaces }) => {
    if (!(await users.insert({ id: userId, email, name: setup.name, createdAt: now }))) {
      throw new UserError(`There already is a user with the e-mail address ${email}. Nothing was changed.`, {
        remedy: 'init is for the first owner. To add people, type: nxkey-server user add --help',
      });
    }
    await users.setPasswordHash(userId, passwordHash, now);
    const slug = setup.organizationSlug;
    if (!(await organizations.insert({ id: organizationId, slug, name: slug, createdAt: now }))) {
      throw new UserError(`There already is an organization ${slug}. Nothing was changed.`, {
        remedy: 'Choose another --org, or add people to that one: nxkey-server user add --help',
      });
    }
    await organizations.addMember({ userId, organizationId, role: 'owner', source: 'manual', createdAt: now });
    await workspaces.insert({
      id: newId(),
      organizationId,
      name: setup.workspaceName,
      nxCloudId,
      createdAt: now,
      ...presets[setup.preset],
    });
  });
  return { nxCloudId };
}

export interface NewMember {
  email: string;
  name: string;
  organizationSlug: string;
  role: Role;
}

/**
 * Makes a person a member. Who has no password yet gets an invitation, also when they are a member already: that is
 * how a lost or expired link is replaced.
 *
 * @returns the invitation's secret, or `null` for somebody who can sign in already
 */
export async function addMember(
  member: NewMember,
  { database, clock, invitations }: Services,
): Promise<{ user: User; invitation: string | null }> {
  const now = clock();
  const email = normalizeEmail(member.email);
  return await database.transaction(async (repositories) => {
    const { users, organizations } = repositories;
    const organization = await organizations.findBySlug(member.organizationSlug);
    if (organization === null) {
      throw new UserError(`There is no organization ${member.organizationSlug}.`, {
        remedy: 'Give the --org that "nxkey-server init" was run with.',
      });
    }
    await users.insert({ id: newId(), email, name: member.name, createdAt: now });
    const user = await users.findByEmail(email);
    if (user === null) throw new Error('a user that was just written is not there');
    const added = await organizations.addMember({
      userId: user.id,
      organizationId: organization.id,
      role: member.role,
      source: 'manual',
      createdAt: now,
    });
    if ((await users.passwordHash(user.id)) === null) {
      return { user, invitation: await invitations.create(user.id, repositories) };
    }
    if (added) return { user, invitation: null };
    throw new UserError(
      `${email} already is a member of ${organization.slug} and has a password. Nothing was changed.`,
      {
        remedy: 'They sign in with their e-mail address and password.',
      },
    );
  });
}
