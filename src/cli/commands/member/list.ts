import type { MemberInfo } from '../../../protocol/wire-types.js';
import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { day } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printTable } from '../../table.js';
import type { MemberListFlags } from './command.js';

export async function listMembers(flags: MemberListFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const members = await client.members(slug);
  if (flags.json) {
    printJson(io, { members });
    return;
  }
  if (members.length === 0) {
    tell(io, `${slug} has no members. Add one:  npx nxkey member add <email> --org ${slug}`);
    return;
  }
  printTable(
    io,
    ['E-MAIL', 'ROLE', 'SINCE', 'MADE BY', 'STATE', 'NAME'],
    members.map((member) => [
      member.user.email,
      member.role,
      day(member.since),
      member.source,
      stateOf(member),
      member.user.name,
    ]),
  );
}

/** A suspended member can sign in, which opens nothing here. */
function stateOf({ active, suspendedAt }: MemberInfo): string {
  if (suspendedAt !== null) return 'suspended';
  return active ? 'active' : 'invited';
}
