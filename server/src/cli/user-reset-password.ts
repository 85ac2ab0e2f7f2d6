import { Command, Option } from 'commander';
import { invitationPath } from '../pages/invitation.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, email, jsonFlag, publicUrlFlag } from './flags.js';
import { linkOrigin, requireUser } from './lookups.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface UserResetPasswordFlags {
  data: string;
  email: string;
  publicUrl?: string;
  json: boolean;
}

export function userResetPasswordCommand(context: CliContext): Command {
  return new Command('reset-password')
    .description('Print a link with which somebody chooses a new password, or another way to sign in.')
    .addOption(dataFlag())
    .addOption(new Option('--email <address>', 'whose password').argParser(email).makeOptionMandatory())
    .addOption(publicUrlFlag('the address for the link (default: that of the last start)'))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The link works once and for seven days. Hand it over in private: who has it chooses the password. Where the server
has GitHub or an OpenID Connect provider, it links an account there instead, in the place of the one that was linked;
with start --no-passwords that is all it does.
Until then the old password works. Afterwards they are signed out of every browser; their personal access tokens
keep working, and they see and revoke them on the page /tokens.

Example:
  $ nxkey-server user reset-password --data ./nxkey-data --email grace@acme.example`,
    )
    .action((flags: UserResetPasswordFlags) => userResetPassword(flags, context));
}

async function userResetPassword(flags: UserResetPasswordFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const user = await requireUser(flags.email, services.database);
    const origin = await linkOrigin(flags.publicUrl, services.database);
    const { secret } = await services.database.transaction((inside) =>
      services.invitations.create(user, operator(context), inside),
    );
    const invitationUrl = origin + invitationPath(secret);
    const choice = services.passwordSignIn ? 'chooses a new password' : 'links a new way to sign in';
    tell(context, `With this link ${user.email} ${choice}, once, within seven days:`);
    await printResult(context, flags.json, invitationUrl, { email: user.email, invitationUrl });
  });
}
