import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { day } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printFacts } from '../../table.js';
import type { OrgShowFlags } from './command.js';

export async function showOrganization(flags: OrgShowFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const organization = await client.organization(await chosenOrganization(flags, client, dependencies));
  if (flags.json) {
    printJson(io, organization);
    return;
  }
  printFacts(io, {
    organization: organization.slug,
    name: organization.name,
    'your role': organization.role,
    members: String(organization.members),
    workspaces: String(organization.workspaces),
    created: day(organization.createdAt),
  });
  for (const warning of organization.warnings) tell(io, `${io.style.yellow('!')} ${warning}`);
}
