import { Command, Option } from 'commander';
import { auditActions, type AuditAction } from '../../../protocol/audit-wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import { moment, type Moment } from '../../duration.js';
import { limit, orgFlag, serverFlag, workspaceFlag, type OrganizationFlags, type Run } from '../../flags.js';

export interface AuditFlags extends OrganizationFlags {
  /** An nxCloudId. */
  workspace?: string;
  action?: AuditAction[];
  actor?: string;
  since?: Moment;
  until?: Moment;
  limit: number;
}

export function auditCommand(dependencies: Dependencies, run = runAudit): Command {
  return new Command('audit')
    .summary('show who did what: tokens, members, settings, refused access')
    .description('Show what was done in an organization, by whom, when and from where; the newest first. For admins.')
    .addOption(orgFlag())
    .addOption(workspaceFlag('all'))
    .addOption(new Option('--action <action...>', 'of these kinds only').choices(auditActions))
    .addOption(new Option('--actor <name>', 'by whom: a part of an e-mail address or of the name of a token'))
    .addOption(new Option('--since <time>', 'not before: 24h (ago), 7d, 2026-11-21').argParser(moment('--since')))
    .addOption(new Option('--until <time>', 'not after, likewise').argParser(moment('--until')))
    .addOption(new Option('--limit <count>', 'at most so many').argParser(limit).default(50))
    .addOption(serverFlag())
    .addOption(new Option('--json', 'print one JSON object on each line').default(false))
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey audit --org acme --since 24h
  $ npx nxkey audit --action member.removed member.role-changed
  $ npx nxkey audit --actor grace@acme.example --since 2026-11-01 --limit 10000 --json`,
    )
    .action((flags: AuditFlags) => run(flags, dependencies));
}

const runAudit: Run<AuditFlags> = async (flags, dependencies) => {
  const { audit } = await import('./audit.js');
  await audit(flags, dependencies);
};
