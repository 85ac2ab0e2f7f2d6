import { Command, Option } from 'commander';
import type { Dependencies } from '../../dependencies.js';
import { displayName, jsonFlag, serverFlag, slug, type Run, type ServerFlags } from '../../flags.js';
import { group } from '../../group.js';
import { githubCommands } from './github/command.js';

export type OrgListFlags = ServerFlags;

export interface OrgShowFlags extends ServerFlags {
  org?: string;
}

export interface OrgCreateFlags extends ServerFlags {
  slug: string;
  name?: string;
}

export function orgCommand(dependencies: Dependencies): Command {
  return group('org', 'list, show and create organizations, and connect them to GitHub', [
    orgListCommand(dependencies),
    orgShowCommand(dependencies),
    orgCreateCommand(dependencies),
    ...githubCommands(dependencies),
  ]);
}

export function orgListCommand(dependencies: Dependencies, run = runList): Command {
  return new Command('list')
    .summary('list the organizations that you are a member of')
    .description('List the organizations that you are a member of, and your role in each.')
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org list')
    .action((flags: OrgListFlags) => run(flags, dependencies));
}

export function orgShowCommand(dependencies: Dependencies, run = runShow): Command {
  return new Command('show')
    .summary('show one organization')
    .description('Show an organization: your role in it, and how many members and workspaces it has.')
    .argument('[slug]', "the organization (default: your only one, or that of this folder's workspace)", slug)
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org show acme')
    .action((org: string | undefined, flags: Omit<OrgShowFlags, 'org'>) =>
      run({ ...flags, ...(org !== undefined && { org }) }, dependencies),
    );
}

export function orgCreateCommand(dependencies: Dependencies, run = runCreate): Command {
  return new Command('create')
    .summary('make an organization')
    .description('Make an organization, with you as its owner. Owners of another organization can do that.')
    .argument('<slug>', 'what it is called in commands: lower-case letters, digits and dashes', slug)
    .addOption(new Option('--name <name>', 'as people read it (default: the slug)').argParser(displayName))
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org create acme --name "Acme Inc."')
    .action((slug: string, flags: Omit<OrgCreateFlags, 'slug'>) => run({ slug, ...flags }, dependencies));
}

const runList: Run<OrgListFlags> = async (flags, dependencies) => {
  const { listOrganizations } = await import('./list.js');
  await listOrganizations(flags, dependencies);
};

const runShow: Run<OrgShowFlags> = async (flags, dependencies) => {
  const { showOrganization } = await import('./show.js');
  await showOrganization(flags, dependencies);
};

const runCreate: Run<OrgCreateFlags> = async (flags, dependencies) => {
  const { createOrganization } = await import('./create.js');
  await createOrganization(flags, dependencies);
};
