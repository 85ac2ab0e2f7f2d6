import { Command, Option } from 'commander';
import type { Role } from '../../../src/protocol/wire-types.js';
import { addMember } from '../domain/members.js';
import { requireOrganization } from '../domain/organizations.js';
import { invitationPath } from '../pages/invitation.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, email, jsonFlag, organizationFlag, publicUrlFlag } from './flags.js';
import { linkOrigin } from './lookups.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface UserAddFlags {
  data: string;
  email: string;
  name: string;
  org: string;
  role: Role;
  publicUrl?: string;
  json: boolean;
}

export function userAddCommand(context: CliContext): Command {
  return new Command('add')
    .description('Make somebody a member of an organization; prints the link with which they choose how they sign in.')
    .addOption(dataFlag())
    .addOption(new Option('--email <address>', 'they sign in with it').argParser(email).makeOptionMandatory())
    .addOption(new Option('--name <name>', 'their name').argParser(displayName).makeOptionMandatory())
    .addOption(organizationFlag())
    .addOption(
      new Option('--role <role>', 'what they may manage').choices(['owner', 'admin', 'member']).default('member'),
    )
    .addOption(publicUrlFlag('the address for the link (default: that of the last start)'))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The link works once and for seven days. Hand it over in private: who has it chooses the password, or links
their own account at GitHub or the OpenID Connect provider.
Typed again for somebody who has not used theirs, it makes a new link and the old one stops working.

Example:
  $ nxkey-server user add --data ./nxkey-data --email grace@acme.example --name "Grace" --org acme`,
    )
    .action((flags: UserAddFlags) => userAdd(flags, context));
}

async function userAdd(flags: UserAddFlags, context: CliContext): Promise<void> {
  const { email: address, name, role } = flags;
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const publicUrl = await linkOrigin(flags.publicUrl, services.database);
    const organization = await requireOrganization(flags.org, services.database);
    const newMember = { email: address, name, role };
    const added = await addMember(organization, newMember, operator(context), services);
    const { user } = added.member;
    const { invitation } = added;
    if (invitation === null) {
      tell(context, `${user.email} can sign in already and now is a member of ${organization.slug}.`);
      await printResult(context, flags.json, `${publicUrl}/sign-in`, { email: user.email, invitationUrl: null });
      return;
    }
    const invitationUrl = publicUrl + invitationPath(invitation.secret);
    const choice = services.passwordSignIn ? 'choose a password' : 'say how they sign in';
    tell(
      context,
      `${user.email} is a member of ${organization.slug}. With this link they ${choice}, once, within seven days:`,
    );
    await printResult(context, flags.json, invitationUrl, { email: user.email, invitationUrl });
  });
}
