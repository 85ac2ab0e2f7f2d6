import { Command, Option } from 'commander';
import { UsageError } from '../../../../errors.js';
import type { GithubTeamInfo } from '../../../../protocol/github-wire-types.js';
import type { Role } from '../../../../protocol/wire-types.js';
import type { Dependencies } from '../../../dependencies.js';
import { jsonFlag, orgFlag, serverFlag, yesFlag, type OrganizationFlags, type Run } from '../../../flags.js';

export interface ConnectGithubFlags extends OrganizationFlags {
  /** The GitHub organization's name. */
  login: string;
  /** Without it, those that there are stay. */
  teams?: GithubTeamInfo[];
  adminsAs?: Role;
}

export type ShowGithubFlags = OrganizationFlags;
export type SyncGithubFlags = OrganizationFlags;

export interface ConfirmRemovalsFlags extends OrganizationFlags {
  yes: boolean;
}

export interface DisconnectGithubFlags extends OrganizationFlags {
  yes: boolean;
}

const roles: readonly Role[] = ['owner', 'admin', 'member'];

/** The commands of `nxkey org` by which owners connect an organization to GitHub. */
export function githubCommands(dependencies: Dependencies): Command[] {
  return [
    connectGithubCommand(dependencies),
    showGithubCommand(dependencies),
    syncGithubCommand(dependencies),
    confirmRemovalsCommand(dependencies),
    disconnectGithubCommand(dependencies),
  ];
}

interface ConnectOptions extends OrganizationFlags {
  team?: GithubTeamInfo[];
  withoutTeams?: true;
  adminsAs?: Role;
}

export function connectGithubCommand(dependencies: Dependencies, run = runConnect): Command {
  return new Command('connect-github')
    .summary('have the members of a GitHub organization as members')
    .description(
      'Connect an organization to one of GitHub: whoever is a member there and signs in with GitHub is a member here, ' +
        'until they leave it there. For owners of both. Typed again, it changes the roles.',
    )
    .argument('<github-organization>', 'its name, as in the address of its page at GitHub', githubOrganization)
    .addOption(
      new Option('--team <team=role>', 'what the members of a team are here; may be given several times').argParser(
        (text, former?: GithubTeamInfo[]) => withTeam(text, former ?? []),
      ),
    )
    .addOption(new Option('--without-teams', 'no team gives a role any more').conflicts('team'))
    .addOption(
      new Option('--admins-as <role>', "what the GitHub organization's owners are here (default: admin)").choices(
        roles,
      ),
    )
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
It takes that the server's GitHub App is installed there, and that your account is linked to one at GitHub which owns that
organization: on the server's page /sign-in-methods. Of several roles a person has the highest. Members who were added by
hand stay what they are.

Examples:
  $ npx nxkey org connect-github acme-inc
  $ npx nxkey org connect-github acme-inc --admins-as owner --team platform=admin --team release=admin`,
    )
    .action((login: string, { team, withoutTeams, ...flags }: ConnectOptions) => {
      const teams = withoutTeams === true ? [] : team;
      return run({ login, ...flags, ...(teams !== undefined && { teams }) }, dependencies);
    });
}

export function showGithubCommand(dependencies: Dependencies, run = runShow): Command {
  return new Command('github')
    .summary('show the connection to a GitHub organization')
    .description('Show to which GitHub organization an organization is connected, and how that goes. For owners.')
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org github --org acme')
    .action((flags: ShowGithubFlags) => run(flags, dependencies));
}

export function syncGithubCommand(dependencies: Dependencies, run = runSync): Command {
  return new Command('sync-github')
    .summary('have the server ask GitHub for all members now')
    .description('Have the server ask GitHub for all members now, rather than when it is due. For owners.')
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org sync-github --org acme')
    .action((flags: SyncGithubFlags) => run(flags, dependencies));
}

export function confirmRemovalsCommand(dependencies: Dependencies, run = runConfirmRemovals): Command {
  return new Command('confirm-removals')
    .summary('remove those whom the server has not removed, since they are so many')
    .description(
      'Where more than half of the members have left the GitHub organization at once, they stay members here until an ' +
        'owner says that this is meant. This lists them, asks, and removes them.',
    )
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org confirm-removals --org acme')
    .action((flags: ConfirmRemovalsFlags) => run(flags, dependencies));
}

export function disconnectGithubCommand(dependencies: Dependencies, run = runDisconnect): Command {
  return new Command('disconnect-github')
    .summary('end the connection, and the memberships that came from it')
    .description(
      'Disconnect an organization from GitHub. Whoever came from there stops being a member; those who were added by ' +
        'hand stay. For owners.',
    )
    .addOption(orgFlag())
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey org disconnect-github --org acme')
    .action((flags: DisconnectGithubFlags) => run(flags, dependencies));
}

/** As the server has it, which says more about what is allowed. */
const githubName = /^[A-Za-z0-9_][\w.-]{0,99}$/;

function githubOrganization(text: string): string {
  if (githubName.test(text)) return text;
  throw new UsageError('A GitHub organization is named as in the address of its page, such as acme-inc.');
}

function withTeam(text: string, former: readonly GithubTeamInfo[]): GithubTeamInfo[] {
  const [slug = '', role, ...rest] = text.split('=');
  const known = roles.find((candidate) => candidate === role);
  if (!githubName.test(slug) || known === undefined || rest.length > 0) {
    throw new UsageError('--team takes the name in the address of a GitHub team, and a role: --team platform=admin', {
      remedy: `The roles are ${roles.join(', ')}.`,
    });
  }
  if (former.some((team) => team.slug === slug)) throw new UsageError(`--team is given more than once for ${slug}.`);
  return [...former, { slug, role: known }];
}

const runConnect: Run<ConnectGithubFlags> = async (flags, dependencies) => {
  const { connectGithub } = await import('./connect.js');
  await connectGithub(flags, dependencies);
};

const runShow: Run<ShowGithubFlags> = async (flags, dependencies) => {
  const { showGithub } = await import('./show.js');
  await showGithub(flags, dependencies);
};

const runSync: Run<SyncGithubFlags> = async (flags, dependencies) => {
  const { syncGithub } = await import('./sync.js');
  await syncGithub(flags, dependencies);
};

const runConfirmRemovals: Run<ConfirmRemovalsFlags> = async (flags, dependencies) => {
  const { confirmRemovals } = await import('./confirm-removals.js');
  await confirmRemovals(flags, dependencies);
};

const runDisconnect: Run<DisconnectGithubFlags> = async (flags, dependencies) => {
  const { disconnectGithub } = await import('./disconnect.js');
  await disconnectGithub(flags, dependencies);
};
