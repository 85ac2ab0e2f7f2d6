import type { AuditEventInfo } from '../../../protocol/audit-wire-types.js';
import type { AdministrationClient, AuditQuery } from '../../../rest-client/administration-client.js';
import { administrationOf, chosenOrganization } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { timestampOf } from '../../duration.js';
import { printResult, tell } from '../../io.js';
import { printTable } from '../../table.js';
import type { AuditFlags } from './command.js';
import { detailsInWords } from './details-in-words.js';

/** What the server gives out at once. */
const pageSize = 200;

export async function audit(flags: AuditFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await organizationOf(flags, client, dependencies);
  const query = queryOf(flags, dependencies.clock.date());
  if (flags.json) {
    // Line by line, so that a long log is neither waited for nor held in memory as a whole.
    for await (const event of events(slug, query, client)) printResult(io, JSON.stringify(event));
    return;
  }
  const found: AuditEventInfo[] = [];
  for await (const event of events(slug, query, client)) found.push(event);
  if (found.length === 0) {
    tell(io, `Nothing of the kind is in the audit log of ${slug}. Fewer filters show more:  npx nxkey audit --help`);
    return;
  }
  // What was done stands at the end of the row, so the row is not cut there.
  printTable(io, ['TIME (UTC)', 'ACTION', 'WHO', 'FROM', 'WORKSPACE', 'WHAT'], found.map(row), { longRows: 'wrap' });
  if (found.length === flags.limit) tell(io, `There may be more: --limit shows ${flags.limit} at most.`);
}

/** A workspace that is named says which organization is meant. */
async function organizationOf(
  flags: AuditFlags,
  client: AdministrationClient,
  dependencies: Dependencies,
): Promise<string> {
  if (flags.org === undefined && flags.workspace !== undefined) {
    return (await client.workspace(flags.workspace)).organization.slug;
  }
  return chosenOrganization(flags, client, dependencies);
}

function queryOf({ workspace, action, actor, since, until, limit }: AuditFlags, now: Date): AuditQuery {
  return {
    limit,
    ...(workspace !== undefined && { workspace }),
    ...(action !== undefined && { actions: action }),
    ...(actor !== undefined && { actor }),
    ...(since !== undefined && { since: timestampOf(since, now) }),
    ...(until !== undefined && { until: timestampOf(until, now) }),
  };
}

/** Page after page, as far as the limit goes. */
async function* events(
  slug: string,
  { limit, ...query }: AuditQuery,
  client: AdministrationClient,
): AsyncGenerator<AuditEventInfo> {
  let left = limit;
  let before: string | null = null;
  do {
    const page = await client.audit(slug, {
      ...query,
      limit: Math.min(left, pageSize),
      ...(before !== null && { before }),
    });
    const wanted = page.events.slice(0, left);
    yield* wanted;
    left -= wanted.length;
    // A page without an event that names another one would be asked for without end.
    before = wanted.length === 0 ? null : page.next;
  } while (before !== null && left > 0);
}

function row({ at, action, actor, ipAddress, workspace, target, details, count }: AuditEventInfo): string[] {
  const what = [target ?? '', ...detailsInWords(details), count > 1 ? `${count} times` : ''];
  return [
    at.slice(0, 19).replace('T', ' '),
    action,
    actor.name ?? actor.kind,
    ipAddress ?? '',
    workspace?.name ?? '',
    what.filter((text) => text !== '').join(', '),
  ];
}
