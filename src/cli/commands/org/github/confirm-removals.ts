import type { HeldPerson } from '../../../../protocol/github-wire-types.js';
import { administrationOf, chosenOrganization } from '../../../administration.js';
import { confirm } from '../../../confirm.js';
import type { Dependencies } from '../../../dependencies.js';
import { counted, minute } from '../../../format.js';
import { printJson, tell } from '../../../io.js';
import type { ConfirmRemovalsFlags } from './command.js';
import { connectionOf } from './connection.js';

export async function confirmRemovals(flags: ConfirmRemovalsFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const { login, held } = await connectionOf(slug, client);
  if (held === null) {
    tell(io, `No removal from ${slug} waits for you.`);
    if (flags.json) printJson(io, { organization: slug, removed: 0 });
    return;
  }
  const { since, people } = held;
  tell(io, `Since ${minute(since)} UTC these are not in the GitHub organization ${login} any more:`);
  for (const person of people) tell(io, `  ${inWords(person)}`);
  const who = counted(people.length, 'person', 'people');
  await confirm(`${who} will be removed from ${slug} and lose the caches of its workspaces.`, flags, dependencies);
  const { removed } = await client.confirmGithubRemovals(slug, { heldAt: since });
  tell(io, `${io.style.green('✓')} Removed ${counted(removed, 'person', 'people')} from ${slug}.`);
  if (flags.json) printJson(io, { organization: slug, removed });
}

function inWords({ login, email }: HeldPerson): string {
  return `${login} (${email ?? 'no account here'})`;
}
