import { Command, Option } from 'commander';
import { maxGraceMs, rotateCiToken, undoRotation, workspaceOfCiToken } from '../domain/ci-token-administration.js';
import { ciTokenInfo } from './ci-token-list.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, durationUpTo, jsonFlag } from './flags.js';
import { printNewToken } from './output.js';
import { withServices } from './with-services.js';

export interface CiTokenRotateFlags {
  data: string;
  id: string;
  /** Milliseconds. */
  grace: number;
  json: boolean;
}

const defaultGraceMs = 24 * 60 * 60 * 1000;

export function ciTokenRotateCommand(context: CliContext): Command {
  return new Command('rotate')
    .description('Make a new CI access token in the place of an old one, which works on for a while.')
    .addOption(dataFlag())
    .addOption(new Option('--id <id>', 'the old token, by the id that "ci-token list" shows').makeOptionMandatory())
    .addOption(
      new Option('--grace <duration>', 'how long the old token works on, such as 30m or 24h; at most 30d')
        .argParser((text) => (text === '0' ? 0 : durationUpTo(maxGraceMs)(text)))
        .default(defaultGraceMs, '24h'),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The new token has the name, the access and, where it had one, the length of life of the old one. Put it into the secrets
of your CI before the old one ends. --grace 0 ends that at once.

Example:
  $ nxkey-server ci-token rotate --data ./nxkey-data --id 4f9c27ce-6d1c-4c33-a8c0-1c2f5a8e9b10 --grace 24h`,
    )
    .action((flags: CiTokenRotateFlags) => ciTokenRotate(flags, context));
}

async function ciTokenRotate({ data, id, grace, json }: CiTokenRotateFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: data, create: false }, context, async (services) => {
    const by = operator(context);
    const target = await workspaceOfCiToken(id, services.database);
    const { secret, token, previous, replaced } = await rotateCiToken(target, id, grace, by, services);
    tell(context, `The new CI access token ${token.name} of ${target.workspace.name}. It is not shown again:`);
    await printNewToken(context, json, {
      secret,
      value: { ...ciTokenInfo(token), token: secret, previous: previous && ciTokenInfo(previous) },
      remove: () => undoRotation(target, { token, replaced }, by, services),
      removed: 'Nobody has seen the new token, so it has been removed again, and the old one works on as before.',
      removeByHand: 'To see its id and revoke it: nxkey-server ci-token list --help',
    });
    const end = previous?.expiresAt ?? null;
    tell(context, end === null ? 'The old one has ended.' : `The old one ends on ${new Date(end).toISOString()}.`);
  });
}
