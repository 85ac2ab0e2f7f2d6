import { Command, Option } from 'commander';
import { removeMember } from '../domain/members.js';
import { requireOrganization } from '../domain/organizations.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, email, jsonFlag, organizationFlag } from './flags.js';
import { requireUser } from './lookups.js';
import { memberInfo } from './member-list.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface MemberRemoveFlags {
  data: string;
  org: string;
  email: string;
  json: boolean;
}

export function memberRemoveCommand(context: CliContext): Command {
  return new Command('remove')
    .description('End a membership: the next request finds the caches of the organization closed.')
    .addOption(dataFlag())
    .addOption(organizationFlag())
    .addOption(new Option('--email <address>', 'whose membership').argParser(email).makeOptionMandatory())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
Other organizations and the person's account are kept, and with "user add" they are a member again.

Example:
  $ nxkey-server member remove --data ./nxkey-data --org acme --email grace@acme.example`,
    )
    .action((flags: MemberRemoveFlags) => memberRemove(flags, context));
}

async function memberRemove(flags: MemberRemoveFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const organization = await requireOrganization(flags.org, services.database);
    const user = await requireUser(flags.email, services.database);
    const member = await removeMember(organization, user.id, operator(context), services);
    tell(context, `${user.email} is no member of ${organization.slug} any more.`);
    await printResult(context, flags.json, user.email, memberInfo(member));
  });
}
