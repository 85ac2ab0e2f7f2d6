import { administrationOf } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, printResult, tell } from '../../io.js';
import type { OrgCreateFlags } from './command.js';

/** Prints the slug. */
export async function createOrganization(flags: OrgCreateFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const { slug, name } = flags;
  const client = await administrationOf(flags, dependencies);
  const organization = await client.createOrganization({ slug, ...(name !== undefined && { name }) });
  tell(io, `${io.style.green('✓')} Created the organization ${organization.slug} on ${client.serverUrl}; you own it.`);
  tell(io, `Next:  npx nxkey workspace create <name> --org ${organization.slug}`);
  if (flags.json) printJson(io, organization);
  else printResult(io, organization.slug);
}
