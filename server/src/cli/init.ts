import { Command, Option } from 'commander';
import { presetNames, type PresetName } from '../../../src/protocol/wire-types.js';
import { passwordProblem } from '../domain/passwords.js';
import { presetNotes, presets } from '../domain/presets.js';
import { setUp, type FirstSetup } from '../domain/setup.js';
import { UsageError, UserError } from '../errors.js';
import { tellHowToClose } from './close-cache.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, email, jsonFlag, slug } from './flags.js';
import { printResult } from './output.js';
import { createPrompts } from './prompts.js';
import { readSecret } from './read-secret.js';
import { withServices } from './with-services.js';

export interface InitFlags {
  data: string;
  email?: string;
  name?: string;
  passwordStdin?: true;
  org?: string;
  workspace?: string;
  preset: PresetName;
  json: boolean;
}

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('Make the first owner, an organization, and a workspace with its nxCloudId.')
    .addOption(dataFlag())
    .addOption(new Option('--email <address>', 'the owner, who signs in with it').argParser(email))
    .addOption(new Option('--name <name>', "the owner's name").argParser(displayName))
    .option('--password-stdin', "read the owner's password from standard input")
    .addOption(new Option('--org <slug>', 'the organization, such as acme').argParser(slug))
    .addOption(new Option('--workspace <name>', 'the workspace, such as shop').argParser(displayName))
    .addOption(new Option('--preset <preset>', 'who may use the cache').choices(presetNames).default('default'))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
On a terminal it asks for whatever is not given.

Presets:
  default      anonymous read-write, personal access tokens read-write: as open as Nx Cloud's own default
  recommended  anonymous none, personal access tokens read-only: only CI writes
  open-source  anonymous read-only, personal access tokens read-write

Example:
  $ nxkey-server init --data ./nxkey-data --email ada@acme.example --name Ada --org acme --workspace shop \\
      --preset recommended --password-stdin < password.txt`,
    )
    .action((flags: InitFlags) => init(flags, context));
}

async function init(flags: InitFlags, context: CliContext): Promise<void> {
  const setup = await complete(flags, context);
  const problem = passwordProblem(setup.password);
  if (problem !== null)
    throw new UserError(problem, { remedy: 'Choose a longer one; a few words are easy to remember.' });

  const { nxCloudId } = await withServices({ dataFolder: flags.data, create: true }, context, (services, passwords) =>
    setUp(setup, operator(context), services, passwords),
  );
  tell(
    context,
    `Made the organization ${setup.organizationSlug} with its owner ${setup.email}, and the workspace ${setup.workspaceName}.`,
  );
  tell(context, presetNotes[setup.preset]);
  tellHowToClose({ access: presets[setup.preset], nxCloudId, data: flags.data }, context);
  await printResult(context, flags.json, nxCloudId, { nxCloudId });
}

/** @throws {UsageError} without a terminal, naming every flag that is missing */
async function complete(flags: InitFlags, context: CliContext): Promise<FirstSetup> {
  const { email: address, name, org, workspace, passwordStdin, preset } = flags;
  const missing = [
    address === undefined ? '--email' : null,
    name === undefined ? '--name' : null,
    passwordStdin === undefined ? '--password-stdin' : null,
    org === undefined ? '--org' : null,
    workspace === undefined ? '--workspace' : null,
  ].filter((flag) => flag !== null);
  if (missing.length > 0 && !context.interactive) {
    throw new UsageError(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing, and nobody can be asked.`,
      {
        remedy: 'Give them, or run it on a terminal. Type "nxkey-server init --help" for an example.',
      },
    );
  }
  const prompts = createPrompts(context);
  return {
    email: address ?? (await prompts.text('E-mail address of the owner', email)),
    name: name ?? (await prompts.text('Name of the owner', displayName)),
    organizationSlug: org ?? (await prompts.text('Organization (such as acme)', slug)),
    workspaceName: workspace ?? (await prompts.text('Workspace (such as shop)', displayName)),
    password: passwordStdin === undefined ? await prompts.newPassword() : await readSecret(context, 'password'),
    preset,
  };
}
