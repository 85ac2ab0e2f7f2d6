import { Command, Option } from 'commander';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, email, jsonFlag } from './flags.js';
import { requireUser } from './lookups.js';
import { printNewToken } from './output.js';
import { withServices } from './with-services.js';

export interface PatCreateFlags {
  data: string;
  email: string;
  name: string;
  json: boolean;
}

export function patCreateCommand(context: CliContext): Command {
  return new Command('create')
    .description('Make a personal access token for somebody and print it, once.')
    .addOption(dataFlag())
    .addOption(new Option('--email <address>', 'whose token').argParser(email).makeOptionMandatory())
    .addOption(new Option('--name <name>', 'as it is listed').argParser(displayName).default('nxkey-server pat create'))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
For automation and recovery; people log in with "npx nxkey login".

Example:
  $ nxkey-server pat create --data ./nxkey-data --email ada@acme.example | npx nxkey login http://127.0.0.1:7540 --with-token`,
    )
    .action((flags: PatCreateFlags) => patCreate(flags, context));
}

async function patCreate(flags: PatCreateFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database, personalAccessTokens }) => {
    const user = await requireUser(flags.email, database);
    const origin = { client: 'nxkey-server', hostName: context.hostName(), ipAddress: null };
    const by = operator(context);
    const { secret, token } = await database.transaction((inside) =>
      personalAccessTokens.issue({ user, name: flags.name, origin }, by, inside),
    );
    tell(context, `A personal access token of ${user.email}. It is not shown again:`);
    await printNewToken(context, flags.json, {
      secret,
      value: { id: token.id, token: secret },
      remove: () => personalAccessTokens.revoke(token.id, user, by),
      removeByHand: `${user.email} can revoke it on the page /tokens.`,
    });
  });
}
