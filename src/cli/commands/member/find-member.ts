import { UserError } from '../../../errors.js';
import type { MemberInfo } from '../../../protocol/wire-types.js';
import type { AdministrationClient } from '../../../rest-client/administration-client.js';

/** @throws {UserError} when nobody with that address is a member */
export async function findMember(address: string, slug: string, client: AdministrationClient): Promise<MemberInfo> {
  const members = await client.members(slug);
  const member = members.find(({ user }) => user.email.toLowerCase() === address.toLowerCase());
  if (member !== undefined) return member;
  throw new UserError(`${address} is not a member of ${slug}.`, {
    remedy: `Who is a member:  npx nxkey member list --org ${slug}`,
  });
}
