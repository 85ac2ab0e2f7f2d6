import { Command } from 'commander';
import { requireOrganization } from '../domain/organizations.js';
import type { Member } from '../domain/repositories.js';
import { isoTime } from '../domain/times.js';
import { columns } from './columns.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag, organizationFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface MemberListFlags {
  data: string;
  org: string;
  json: boolean;
}

export function memberListCommand(context: CliContext): Command {
  return new Command('list')
    .description('List the members of an organization, with their roles and where they come from.')
    .addOption(dataFlag())
    .addOption(organizationFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
"invited" is somebody who has never said how they sign in.
"manual", "github" and "oidc" say who made the membership. A suspended one opens nothing, since GitHub or the identity
provider has not confirmed it for too long.

Example:
  $ nxkey-server member list --data ./nxkey-data --org acme`,
    )
    .action((flags: MemberListFlags) => memberList(flags, context));
}

async function memberList({ data, org, json }: MemberListFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: data, create: false }, context, async ({ database }) => {
    const { id, slug } = await requireOrganization(org, database);
    const members = await database.organizations.members(id);
    if (members.length === 0) tell(context, `${slug} has no members.`);
    if (members.length === 0 && !json) return;
    await printResult(context, json, columns(members.map(row)), { members: members.map(memberInfo) });
  });
}

function row({ user, membership, active }: Member): string[] {
  const { role, source, suspendedAt } = membership;
  const state = suspendedAt !== null ? 'suspended' : active ? 'active' : 'invited';
  return [user.email, role, source, state, user.name];
}

export function memberInfo({ user, membership, active }: Member): object {
  const { role, source, createdAt, suspendedAt } = membership;
  const { email, name } = user;
  return { email, name, role, source, since: isoTime(createdAt), suspendedAt: isoTime(suspendedAt), active };
}
