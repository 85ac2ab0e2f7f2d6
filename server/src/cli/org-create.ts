import { Command, Option } from 'commander';
import { createOrganization } from '../domain/organizations.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, email, jsonFlag, organizationFlag } from './flags.js';
import { requireUser } from './lookups.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface OrgCreateFlags {
  data: string;
  org: string;
  name?: string;
  owner: string;
  json: boolean;
}

export function orgCreateCommand(context: CliContext): Command {
  return new Command('create')
    .description('Make another organization, owned by somebody who is known already.')
    .addOption(dataFlag())
    .addOption(organizationFlag())
    .addOption(new Option('--name <name>', 'as people read it (default: as --org)').argParser(displayName))
    .addOption(
      new Option('--owner <address>', 'the e-mail address of its owner').argParser(email).makeOptionMandatory(),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The very first organization is made by "nxkey-server init".

Example:
  $ nxkey-server org create --data ./nxkey-data --org tools --name "Build tools" --owner ada@acme.example`,
    )
    .action((flags: OrgCreateFlags) => orgCreate(flags, context));
}

async function orgCreate(flags: OrgCreateFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const owner = await requireUser(flags.owner, services.database);
    const request = { slug: flags.org, name: flags.name ?? flags.org, ownerId: owner.id };
    const { slug, name } = await createOrganization(request, operator(context), services);
    tell(context, `Made the organization ${slug}, owned by ${owner.email}.`);
    await printResult(context, flags.json, slug, { slug, name, owner: owner.email });
  });
}
