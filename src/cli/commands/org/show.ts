import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { day } from '../../format.js';
import { printJson } from '../../io.js';
import { printFacts } from '../../table.js';
import type { OrgShowFlags } from './command.js';

export async function showOrganization(flags: OrgShowFlags, dependencies: Dependencies): Promise<void> {
  const client = await administrationOf(flags, dependencies);
  const organization = await client.organization(await chosenOrganization(flags, client, dependencies));
  if (flags.json) {
    printJson(dependencies.io, organization);
    return;
  }
  printFacts(dependencies.io, {
    organization: organization.slug,
    name: organization.name,
    'your role': organization.role,
    members: String(organization.members),
    workspaces: String(organization.workspaces),
    created: day(organization.createdAt),
  });
}
