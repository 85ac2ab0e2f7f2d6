import { administrationOf, chosenOrganization } from '../../administration.js';
import { confirm } from '../../confirm.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import type { MemberRemoveFlags } from './command.js';
import { findMember } from './find-member.js';

export async function removeMember(flags: MemberRemoveFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const member = await findMember(flags.email, slug, client);
  const { name, email } = member.user;
  await confirm(
    `${name} <${email}> will be removed from ${slug} and lose the caches of its workspaces.`,
    flags,
    dependencies,
  );
  await client.removeMember(slug, member);
  tell(io, `${io.style.green('✓')} ${email} is no longer a member of ${slug}; it holds from the next request on.`);
  if (flags.json) printJson(io, { organization: slug, user: member.user });
}
