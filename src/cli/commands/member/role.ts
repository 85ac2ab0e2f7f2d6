import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import type { MemberRoleFlags } from './command.js';
import { findMember } from './find-member.js';

export async function changeRole(flags: MemberRoleFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const member = await findMember(flags.email, slug, client);
  const changed = await client.changeMember(slug, member, { role: flags.role });
  tell(
    io,
    `${io.style.green('✓')} ${changed.user.email} had the role ${member.role} in ${slug}, and has ${changed.role} now.`,
  );
  if (flags.json) printJson(io, changed);
}
