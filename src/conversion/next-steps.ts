import { cloudRunner, legacyCloudRunner } from '../nx-workspace/access-tokens.js';
import { nxCloudEnvName, type TokenVariable } from '../nx-workspace/nx-cloud-env.js';
import { readsTopLevelId, type WorkspacePackages } from '../nx-workspace/packages.js';
import type { Replacement } from '../nx-workspace/rewrite.js';
import type { AccessLevel } from '../protocol/wire-types.js';

export interface ConversionFacts {
  /** Empty when there was nothing to convert. */
  replacements: readonly Replacement[];
  /** What the server lets anybody do who knows the id; `undefined` when it was not asked or did not say. */
  anonymousLevel: AccessLevel | undefined;
  packages: WorkspacePackages;
  tokenVariables: readonly TokenVariable[];
  /** Lines of the converted nx.json with text that has the form of a token. */
  linesWithTokens: readonly number[];
  /** Where people log in; `undefined` when none is named. */
  serverUrl: string | undefined;
  /** Where `--token-to` put the token. */
  tokenFile: string | undefined;
}

export interface NextSteps {
  /** What depends on what is in this workspace. */
  own: string[];
  /** What is to be done after every conversion. */
  common: string[];
}

/** What a person has to do so that the workspace works with its id and nobody can use the old token: one step each. */
export function nextSteps(facts: ConversionFacts): NextSteps {
  return {
    own: [...workspaceSteps(facts), ...leftOverTokens(facts)],
    common: facts.replacements.length > 0 ? tokenSteps(facts) : [],
  };
}

/** Without these the remote cache would not be used at all. */
function workspaceSteps({ replacements, packages: { nx, listsNxCloud, addDevDependency } }: ConversionFacts): string[] {
  const steps: string[] = [];
  const oldNx = nx !== undefined && !readsTopLevelId(nx);
  if (oldNx && replacements.some(({ accessToken }) => accessToken.path.length === 1)) {
    steps.push(
      `Upgrade Nx to 19.7 or later, or move the id: this workspace has Nx ${nx.text}, which reads an nxCloudId only from ` +
        'tasksRunnerOptions.default.options (with "runner": "nx-cloud") and not from the top level of nx.json.',
    );
  }

  const inRunners = replacements.flatMap(({ accessToken: { path, runner } }) =>
    path[1] === undefined ? [] : [{ name: path[1], runner }],
  );
  for (const { name, runner } of inRunners) {
    if (isCloudRunner(runner?.name)) continue;
    // Seen with nx 24.0.6 (`getTasksRunnerPath`): `options.accessToken` turns the cloud on, whatever the runner, and
    // `options.nxCloudId` does not.
    steps.push(
      `Set "runner": "nx-cloud" for tasksRunnerOptions.${name} in nx.json, if Nx's own runner shall use the remote cache ` +
        'there: for the sake of an access token Nx does so with any runner or none, for the sake of an nxCloudId it does not.',
    );
  }
  if ((nx === undefined || oldNx) && !listsNxCloud && inRunners.some(({ runner }) => isCloudRunner(runner?.name))) {
    const which = nx === undefined ? 'Before Nx 19.7 install' : 'Install';
    steps.push(
      `${which} the runner that nx.json names, since package.json does not list it:  ${addDevDependency} nx-cloud`,
    );
  }
  return steps;
}

function leftOverTokens({ tokenVariables, linesWithTokens }: ConversionFacts): string[] {
  const steps = tokenVariables.map(
    ({ name, line }) =>
      `Take ${name} out of ${nxCloudEnvName} (line ${line}): Nx prefers that token to all in nx.json. ` +
      'If the file is in the repository, that token has to be rotated, too.',
  );
  if (linesWithTokens.length > 0) {
    steps.push(
      `Look at nx.json, ${lines(linesWithTokens)}: there is more that has the form of a token. It was left alone, since Nx does not use it there.`,
    );
  }
  return steps;
}

function tokenSteps(facts: ConversionFacts): string[] {
  const { replacements, serverUrl, tokenFile } = facts;
  const tokens = new Map(replacements.map(({ accessToken }) => [accessToken.token, accessToken.line]));
  const several = tokens.size > 1;
  const [which, they, stay, them] = several
    ? ['the tokens', 'They', 'they stay', 'them']
    : ['the token', 'It', 'it stays', 'it'];
  const where =
    tokenFile === undefined
      ? `stood in nx.json on ${lines([...tokens.values()])}; your version control still has ${them}`
      : `is in ${tokenFile}; delete that file afterwards`;
  const ids = [...new Set(replacements.map(({ nxCloudId }) => nxCloudId))].join(', ');
  return [
    `Put ${which} into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and into the environment of its jobs. (${they} ${where}.)`,
    `Rotate ${which}, since ${stay} in the git history and in every clone: make a new one ` +
      `(npx nxkey ci-token create main --access read-write --workspace ${ids}), put that one into the secrets, then ` +
      `revoke the old one (npx nxkey ci-token list --workspace ${ids}, then npx nxkey ci-token revoke <id> --workspace ${ids}). ` +
      'An admin of the organization can do that.',
    ...anonymousSteps(facts, ids),
    `Log in, and so does everybody who works here:  npx nxkey login ${serverUrl ?? '<nxCloudUrl>'}`,
  ];
}

function anonymousSteps({ anonymousLevel }: ConversionFacts, ids: string): string[] {
  const command = `(npx nxkey workspace set --workspace ${ids} --anonymous none)`;
  switch (anonymousLevel) {
    case 'none':
      return [];
    case undefined:
      return [
        `Turn anonymous access off, if it is on ${command}: the nxCloudId alone is then enough to use the cache.`,
      ];
    case 'read-only':
      return [
        `Turn anonymous access off ${command}, unless all the world may read the cache: now the nxCloudId alone is enough for that.`,
      ];
    case 'read-write':
      return [`Turn anonymous access off ${command}: now the nxCloudId alone is enough to read and write the cache.`];
  }
}

function isCloudRunner(name: string | undefined): boolean {
  return name === cloudRunner || name === legacyCloudRunner;
}

function lines(numbers: readonly number[]): string {
  return numbers.length === 1 ? `line ${numbers.join()}` : `lines ${numbers.join(', ')}`;
}
