import { Argument, Command, Option } from 'commander';
import type { Role } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import {
  displayName,
  email,
  jsonFlag,
  orgFlag,
  serverFlag,
  yesFlag,
  type OrganizationFlags,
  type Run,
} from '../../flags.js';
import { group } from '../../group.js';

export type MemberListFlags = OrganizationFlags;

export interface MemberAddFlags extends OrganizationFlags {
  email: string;
  name?: string;
  role: Role;
}

export interface MemberRoleFlags extends OrganizationFlags {
  email: string;
  role: Role;
}

export interface MemberRemoveFlags extends OrganizationFlags {
  email: string;
  yes: boolean;
}

const roles: readonly Role[] = ['owner', 'admin', 'member'];

const rolesInWords = `
Roles:
  member   uses the caches; sees members, workspaces and settings
  admin    also manages workspaces, CI access tokens, members, the cache; sees the audit log
  owner    everything`;

export function memberCommand(dependencies: Dependencies): Command {
  return group('member', 'list, add and remove the members of an organization', [
    memberListCommand(dependencies),
    memberAddCommand(dependencies),
    memberRoleCommand(dependencies),
    memberRemoveCommand(dependencies),
  ]);
}

export function memberListCommand(dependencies: Dependencies, run = runList): Command {
  return new Command('list')
    .summary('list the members and their roles')
    .description('List the members of an organization and their roles.')
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
Made by: "manual" is somebody's doing; "github" and "oidc" memberships come and go with GitHub and the identity provider.
"suspended" opens nothing, since GitHub or the provider has not confirmed it for too long.

Examples:
  $ npx nxkey member list --org acme`,
    )
    .action((flags: MemberListFlags) => run(flags, dependencies));
}

export function memberAddCommand(dependencies: Dependencies, run = runAdd): Command {
  return new Command('add')
    .summary('make somebody a member')
    .description(
      'Make somebody a member. For a person who is new to the server the link of an invitation is printed: whoever opens ' +
        'it chooses the password, so pass it on to that person only.',
    )
    .argument('<email>', 'of the person', email)
    .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('member'))
    .addOption(
      new Option('--name <name>', 'of a person who is new (default: what stands before the @)').argParser(displayName),
    )
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${rolesInWords}

Examples:
  $ npx nxkey member add grace@acme.example --org acme
  $ npx nxkey member add grace@acme.example --name "Grace Hopper" --role admin`,
    )
    .action((address: string, flags: Omit<MemberAddFlags, 'email'>) => run({ email: address, ...flags }, dependencies));
}

export function memberRoleCommand(dependencies: Dependencies, run = runRole): Command {
  return new Command('role')
    .summary('give a member another role')
    .description('Give a member another role.')
    .argument('<email>', 'of the member', email)
    .addArgument(new Argument('<role>', 'what they may do').choices(roles))
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', `${rolesInWords}\n\nExamples:\n  $ npx nxkey member role grace@acme.example admin`)
    .action((address: string, role: Role, flags: Omit<MemberRoleFlags, 'email' | 'role'>) =>
      run({ email: address, role, ...flags }, dependencies),
    );
}

export function memberRemoveCommand(dependencies: Dependencies, run = runRemove): Command {
  return new Command('remove')
    .summary('end a membership at once')
    .description(
      "End a membership. From the next request on the person's tokens open no cache of the organization any more; what " +
        'they may do elsewhere stays.',
    )
    .argument('<email>', 'of the member, or your own to leave', email)
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey member remove grace@acme.example --org acme --yes')
    .action((address: string, flags: Omit<MemberRemoveFlags, 'email'>) =>
      run({ email: address, ...flags }, dependencies),
    );
}

const runList: Run<MemberListFlags> = async (flags, dependencies) => {
  const { listMembers } = await import('./list.js');
  await listMembers(flags, dependencies);
};

const runAdd: Run<MemberAddFlags> = async (flags, dependencies) => {
  const { addMember } = await import('./add.js');
  await addMember(flags, dependencies);
};

const runRole: Run<MemberRoleFlags> = async (flags, dependencies) => {
  const { changeRole } = await import('./role.js');
  await changeRole(flags, dependencies);
};

const runRemove: Run<MemberRemoveFlags> = async (flags, dependencies) => {
  const { removeMember } = await import('./remove.js');
  await removeMember(flags, dependencies);
};
