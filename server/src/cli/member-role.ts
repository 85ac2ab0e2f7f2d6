import { Command, Option } from 'commander';
import type { Role } from '../../../src/protocol/wire-types.js';
import { giveRoleByHand } from '../domain/members.js';
import { requireOrganization } from '../domain/organizations.js';
import { roleWithArticle } from '../domain/roles.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, email, jsonFlag, organizationFlag } from './flags.js';
import { requireUser } from './lookups.js';
import { memberInfo } from './member-list.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface MemberRoleFlags {
  data: string;
  org: string;
  email: string;
  role: Role;
  json: boolean;
}

export function memberRoleCommand(context: CliContext): Command {
  return new Command('role')
    .description('Give a member another role; an organization without an owner gets one again.')
    .addOption(dataFlag())
    .addOption(organizationFlag())
    .addOption(new Option('--email <address>', 'whose role').argParser(email).makeOptionMandatory())
    .addOption(
      new Option('--role <role>', 'what they may manage').choices(['owner', 'admin', 'member']).makeOptionMandatory(),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
A membership that GitHub or the identity provider has made is one by hand from then on: it is not suspended, and
whoever leaves there has to be removed here.

Example:
  $ nxkey-server member role --data ./nxkey-data --org acme --email grace@acme.example --role owner`,
    )
    .action((flags: MemberRoleFlags) => memberRole(flags, context));
}

async function memberRole(flags: MemberRoleFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const organization = await requireOrganization(flags.org, services.database);
    const user = await requireUser(flags.email, services.database);
    const { member, source } = await giveRoleByHand(organization, user.id, flags.role, operator(context), services);
    tell(context, `${user.email} is ${roleWithArticle[flags.role]} of ${organization.slug}.`);
    if (source !== 'manual') {
      tell(context, 'The membership is one by hand now: remove them here when they leave.');
    }
    await printResult(context, flags.json, user.email, memberInfo(member));
  });
}
