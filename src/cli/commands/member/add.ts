import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { minute } from '../../format.js';
import { printJson, printResult, tell } from '../../io.js';
import type { MemberAddFlags } from './command.js';

/** Prints the invitation's link, where there is one; the person's address otherwise. */
export async function addMember(flags: MemberAddFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const { email, name, role } = flags;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const added = await client.addMember(slug, { email, role, ...(name !== undefined && { name }) });
  const { member, invitation } = added;
  tell(io, `${io.style.green('✓')} ${member.user.name} <${member.user.email}> is ${inWords[member.role]} of ${slug}.`);
  if (invitation === null) {
    tell(io, 'They can sign in already and need no invitation.');
  } else {
    tell(
      io,
      `Pass this link on to them only; with it they choose a password. It works once, until ${minute(invitation.expiresAt)} UTC.`,
    );
  }
  if (flags.json) printJson(io, added);
  else printResult(io, invitation?.url ?? member.user.email);
}

const inWords = { owner: 'an owner', admin: 'an admin', member: 'a member' } as const;
