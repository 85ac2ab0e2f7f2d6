import { administrationOf, noOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { day } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printTable } from '../../table.js';
import type { OrgListFlags } from './command.js';

export async function listOrganizations(flags: OrgListFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const organizations = await client.organizations();
  if (flags.json) {
    printJson(io, { organizations });
    return;
  }
  if (organizations.length === 0) {
    const { message, remedy = '' } = noOrganization(client.serverUrl);
    tell(io, `${message}\n${remedy}`);
    return;
  }
  printTable(
    io,
    ['SLUG', 'YOUR ROLE', 'MEMBERS', 'WORKSPACES', 'SINCE', 'NAME'],
    organizations.map(({ slug, role, members, workspaces, createdAt, name }) => [
      slug,
      role,
      String(members),
      String(workspaces),
      day(createdAt),
      name,
    ]),
  );
}
