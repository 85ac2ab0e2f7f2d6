import { Command, Option } from 'commander';
import { auditActions, type AuditAction } from '../../../src/protocol/audit-wire-types.js';
import type { AuditFilter } from '../domain/audit.js';
import { auditPage, parseAuditCursor } from '../domain/audit-page.js';
import type { AuditEvent, Organization } from '../domain/model.js';
import { requireOrganization } from '../domain/organizations.js';
import type { WorkspaceWithOrganization } from '../domain/repositories.js';
import { isoTime } from '../domain/times.js';
import { requireWorkspace } from '../domain/workspaces.js';
import { columns } from './columns.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, duration, integer, slug } from './flags.js';
import { writeOutput } from './output.js';
import { withServices } from './with-services.js';

export interface AuditFlags {
  data: string;
  org?: string;
  workspace?: string;
  /** Milliseconds before now. */
  since?: number;
  action?: AuditAction[];
  actor?: string;
  limit: number;
  json: boolean;
}

/** So many are read at once, however many are asked for. */
const pageSize = 1000;

export function auditCommand(context: CliContext): Command {
  return new Command('audit')
    .description('Show what was done, by whom and from where; newest first.')
    .addOption(dataFlag())
    .addOption(new Option('--org <slug>', 'of one organization and its members').argParser(slug))
    .addOption(new Option('--workspace <nxCloudId>', 'about one workspace'))
    .addOption(new Option('--since <duration>', 'not older than that, such as 24h or 7d').argParser(duration))
    .addOption(new Option('--action <action...>', 'only these').choices(auditActions))
    .addOption(new Option('--actor <text>', 'a part of the e-mail address or name of whoever did it'))
    .addOption(new Option('--limit <number>', 'at most so many').argParser(integer(1, 1_000_000)).default(100))
    .addOption(new Option('--json', 'print one JSON object a line').default(false))
    .addHelpText(
      'after',
      `
Without --org it shows everything, also failed sign-ins of people who belong to no organization.

Examples:
  $ nxkey-server audit --data ./nxkey-data --org acme --since 7d
  $ nxkey-server audit --data ./nxkey-data --action ci-token.created ci-token.revoked --json | jq .`,
    )
    .action((flags: AuditFlags) => audit(flags, context));
}

async function audit(flags: AuditFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database, clock }) => {
    const filter: AuditFilter = { limit: pageSize };
    if (flags.org !== undefined) filter.organizationId = (await requireOrganization(flags.org, database)).id;
    if (flags.workspace !== undefined) {
      filter.workspaceId = (await requireWorkspace(flags.workspace, database)).workspace.id;
    }
    if (flags.since !== undefined) filter.since = clock() - flags.since;
    if (flags.action !== undefined) filter.actions = flags.action;
    if (flags.actor !== undefined) filter.actor = flags.actor;

    const names = { workspaces: await database.workspaces.all(), organizations: await database.organizations.all() };
    const shown: AuditEvent[] = [];
    let next: string | null = null;
    do {
      const before = next === null ? null : parseAuditCursor(next);
      const limit = Math.min(pageSize, flags.limit - shown.length);
      const page = await auditPage({ ...filter, limit, ...(before !== null && { before }) }, database);
      shown.push(...page.events);
      next = page.next;
    } while (next !== null && shown.length < flags.limit);

    if (shown.length === 0) {
      tell(context, 'Nothing of that kind is in the audit log.');
      return;
    }
    const lines = shown.map((event) => JSON.stringify(eventInfo(event, names)));
    await writeOutput(context, `${flags.json ? lines.join('\n') : columns(shown.map((event) => row(event, names)))}\n`);
    if (next !== null) tell(context, `There are more; --limit ${flags.limit} was reached.`);
  });
}

/** What is known of the things that events name by their ids. */
interface Names {
  workspaces: WorkspaceWithOrganization[];
  organizations: Organization[];
}

function eventInfo(
  { organizationId, workspaceId, at, ...event }: AuditEvent,
  { workspaces, organizations }: Names,
): object {
  const workspace = workspaces.find((candidate) => candidate.workspace.id === workspaceId)?.workspace;
  return {
    at: isoTime(at),
    ...event,
    organization: organizations.find(({ id }) => id === organizationId)?.slug ?? null,
    workspace: workspace === undefined ? null : { nxCloudId: workspace.nxCloudId, name: workspace.name },
  };
}

function row(event: AuditEvent, { workspaces }: Names): string[] {
  const { at, action, actor, target, details, ipAddress, count } = event;
  const workspace = workspaces.find((candidate) => candidate.workspace.id === event.workspaceId)?.workspace.name ?? '-';
  const facts = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  if (count > 1) facts.push(`count=${count}`);
  const who = actor.name ?? actor.kind;
  return [isoTime(at), action, who, ipAddress ?? '-', workspace, [target ?? '-', ...facts].join(' ')];
}
