import { Command } from 'commander';
import type { CiAccessToken } from '../domain/model.js';
import { isoTime } from '../domain/times.js';
import { requireWorkspace } from '../domain/workspaces.js';
import { columns } from './columns.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag, workspaceFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface CiTokenListFlags {
  data: string;
  workspace: string;
  json: boolean;
}

export function ciTokenListCommand(context: CliContext): Command {
  return new Command('list')
    .description('List the CI access tokens of a workspace, with the ids to revoke them by.')
    .addOption(dataFlag())
    .addOption(workspaceFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The tokens themselves are not kept, so none can be shown again. "imported" is one that a repository committed.

Example:
  $ nxkey-server ci-token list --data ./nxkey-data --workspace 0123456789abcdef01234567`,
    )
    .action((flags: CiTokenListFlags) => ciTokenList(flags, context));
}

async function ciTokenList(flags: CiTokenListFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database }) => {
    const { workspace } = await requireWorkspace(flags.workspace, database);
    const tokens = await database.ciAccessTokens.ofWorkspace(workspace.id);
    if (tokens.length === 0) tell(context, `${workspace.name} has no CI access tokens.`);
    if (tokens.length === 0 && !flags.json) return;
    await printResult(context, flags.json, columns(tokens.map(row)), { tokens: tokens.map(ciTokenInfo) });
  });
}

function row({ id, name, level, legacy, createdAt }: CiAccessToken): string[] {
  return [id, level, legacy ? 'imported' : 'created', new Date(createdAt).toISOString().slice(0, 10), name];
}

export function ciTokenInfo(token: CiAccessToken): object {
  const { id, name, level, legacy, createdAt, expiresAt, lastUsedAt } = token;
  return {
    id,
    name,
    accessLevel: level,
    imported: legacy,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    lastUsedAt: isoTime(lastUsedAt),
  };
}
