import { Command, Option } from 'commander';
import { UsageError } from '../../../errors.js';
import { presetNames, type AccessLevel, type CiAccessLevel, type PresetName } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import {
  displayName,
  jsonFlag,
  orgFlag,
  serverFlag,
  workspaceFlag,
  yesFlag,
  type OrganizationFlags,
  type Run,
  type WorkspaceFlags,
} from '../../flags.js';
import { group } from '../../group.js';

export type WorkspaceListFlags = OrganizationFlags;
export type WorkspaceShowFlags = WorkspaceFlags;

export interface WorkspaceCreateFlags extends OrganizationFlags {
  name: string;
  preset: PresetName;
  yes: boolean;
}

export interface WorkspaceSetFlags extends WorkspaceFlags {
  name?: string;
  preset?: PresetName;
  anonymous?: AccessLevel;
  pat?: CiAccessLevel;
  optIn?: true;
  optOut?: true;
  yes: boolean;
}

const presetsInWords = `
Presets:
  recommended   only CI access tokens write; members read after "npx nxkey login"; nobody else has access
  open-source   whoever knows the nxCloudId reads; members and CI write
  default       whoever knows the nxCloudId reads and writes, as with Nx Cloud`;

export function workspaceCommand(dependencies: Dependencies): Command {
  return group('workspace', 'list, show and create workspaces, and set who may use their cache', [
    workspaceListCommand(dependencies),
    workspaceShowCommand(dependencies),
    workspaceCreateCommand(dependencies),
    workspaceSetCommand(dependencies),
  ]);
}

export function workspaceListCommand(dependencies: Dependencies, run = runList): Command {
  return new Command('list')
    .summary('list workspaces with their nxCloudId')
    .description('List the workspaces of your organizations, with their nxCloudId and who may use their cache.')
    .addOption(orgFlag('all that you are a member of'))
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey workspace list\n  $ npx nxkey workspace list --org acme')
    .action((flags: WorkspaceListFlags) => run(flags, dependencies));
}

export function workspaceShowCommand(dependencies: Dependencies, run = runShow): Command {
  return new Command('show')
    .summary('show who may use the cache of a workspace')
    .description('Show a workspace and who may use its cache.')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey workspace show')
    .action((flags: WorkspaceShowFlags) => run(flags, dependencies));
}

export function workspaceCreateCommand(dependencies: Dependencies, run = runCreate): Command {
  return new Command('create')
    .summary('make a workspace and print its nxCloudId')
    .description('Make a workspace and print its nxCloudId, which is no secret and belongs into nx.json.')
    .argument('<name>', 'as it is listed', displayName)
    .addOption(orgFlag())
    .addOption(new Option('--preset <preset>', 'who may use its cache').choices(presetNames).default('recommended'))
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText('after', `${presetsInWords}\n\nExamples:\n  $ npx nxkey workspace create shop --org acme`)
    .action((name: string, flags: Omit<WorkspaceCreateFlags, 'name'>) => run({ name, ...flags }, dependencies));
}

export function workspaceSetCommand(dependencies: Dependencies, run = runSet): Command {
  return new Command('set')
    .summary('change who may use the cache of a workspace')
    .description('Change a workspace. Who may use its cache holds from the next request on.')
    .addOption(workspaceFlag())
    .addOption(new Option('--preset <preset>', 'all of the access settings at once').choices(presetNames))
    .addOption(
      new Option('--anonymous <level>', 'whoever knows the nxCloudId').choices(['none', 'read-only', 'read-write']),
    )
    .addOption(
      new Option('--pat <level>', 'members, with a personal access token').choices(['read-only', 'read-write']),
    )
    .addOption(new Option('--opt-in', 'let personal access tokens and anonymous access exist').conflicts('optOut'))
    .addOption(new Option('--opt-out', 'only CI access tokens open the cache'))
    .addOption(new Option('--name <name>', 'as it is listed').argParser(displayName))
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${presetsInWords}

A level that is given beside a preset goes before it. CI access tokens keep the access they were made with.

Examples:
  $ npx nxkey workspace set --preset recommended
  $ npx nxkey workspace set --anonymous none --pat read-only
  $ npx nxkey workspace set --workspace 63f1a2b3c4d5e6f708192a3b --name shop`,
    )
    .action(async (flags: WorkspaceSetFlags) => {
      const { name, preset, anonymous, pat, optIn, optOut } = flags;
      if ([name, preset, anonymous, pat, optIn, optOut].every((change) => change === undefined)) {
        throw new UsageError('Nothing to change is given.', {
          remedy: 'Give --preset, --anonymous, --pat, --opt-in, --opt-out or --name.',
        });
      }
      await run(flags, dependencies);
    });
}

const runList: Run<WorkspaceListFlags> = async (flags, dependencies) => {
  const { listWorkspaces } = await import('./list.js');
  await listWorkspaces(flags, dependencies);
};

const runShow: Run<WorkspaceShowFlags> = async (flags, dependencies) => {
  const { showWorkspace } = await import('./show.js');
  await showWorkspace(flags, dependencies);
};

const runCreate: Run<WorkspaceCreateFlags> = async (flags, dependencies) => {
  const { createWorkspace } = await import('./create.js');
  await createWorkspace(flags, dependencies);
};

const runSet: Run<WorkspaceSetFlags> = async (flags, dependencies) => {
  const { setWorkspace } = await import('./set.js');
  await setWorkspace(flags, dependencies);
};
