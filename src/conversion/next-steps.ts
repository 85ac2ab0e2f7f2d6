import { nxCloudEnvName } from '../nx-workspace/nx-cloud-env.js';
import type { TokensElsewhere } from '../nx-workspace/other-tokens.js';
import { readsTopLevelId } from '../nx-workspace/nx-version.js';
import { nxCloudPackage } from '../nx-workspace/package-json.js';
import type { WorkspacePackages } from '../nx-workspace/packages.js';
import type { Replacement } from '../nx-workspace/rewrite.js';
import type { UnusedId } from '../nx-workspace/runner-options.js';
import type { AccessLevel } from '../protocol/wire-types.js';
import type { CiReport } from './report.js';

export interface ConversionFacts {
  /** Empty when there was nothing to convert. Files, here and below, as seen from the workspace. */
  tokens: readonly (Replacement & { file: string })[];
  /** What the server lets anybody do who knows the id; `undefined` when it was not asked or did not say. */
  anonymousLevel: AccessLevel | undefined;
  packages: WorkspacePackages;
  /** nx.json has an id now, or gets one. */
  hasId: boolean;
  /** The package that this Nx needs for an id is put into package.json, or a newer version of it. */
  addsPackage: boolean;
  /** Ids in the converted files that this Nx will not use. */
  unusedIds: readonly (UnusedId & { file: string })[];
  elsewhere: TokensElsewhere;
  ci: readonly CiReport[];
  /** Lines of the converted files with text that has the form of a token. */
  textsWithTokens: readonly { file: string; lines: readonly number[] }[];
  /** nx.json, or what it extends, names a server. */
  namesServer: boolean;
  /** Where people log in; `undefined` when none is named. */
  serverUrl: string | undefined;
  /** CI has got new tokens, and the committed ones end. */
  rotates: boolean;
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
    own: [
      ...workspaceSteps(facts),
      ...leftOverTokens(facts),
      ...facts.ci.flatMap((file) => ciSteps(file, facts.rotates)),
    ],
    common: facts.tokens.length > 0 ? tokenSteps(facts) : [],
  };
}

/** Without these the remote cache would not be used at all. */
function workspaceSteps({ packages, hasId, addsPackage, unusedIds, tokens }: ConversionFacts): string[] {
  const { nx, install, addDevDependency, listsNxCloud, nxCloudWithoutIds, lockFileProblem } = packages;
  const steps = unusedIds.map(({ because, file, line, path, runner }) => {
    if (because === 'place') {
      return (
        `Upgrade Nx to 19.6 or later, or move the id (${file}, line ${line}): this workspace has Nx ${nx?.text ?? ''}, ` +
        'which reads an nxCloudId only from tasksRunnerOptions.default.options, with "runner": "nx-cloud".'
      );
    }
    const has = runner === undefined ? 'no runner' : `the runner ${JSON.stringify(runner)}`;
    return (
      `Set "runner": "nx-cloud" for ${path.slice(0, 2).join('.')} (${file}, line ${line}), if it shall use the remote cache. ` +
      `It has ${has}: for the sake of an access token Nx takes its own there, for the sake of an nxCloudId it does not.`
    );
  });
  if (addsPackage) {
    const { name, range } = nxCloudPackage;
    steps.push(
      `Install the package ${name} ${range}, which Nx before 19.6 needs and package.json lists now:  ${install}  ` +
        'Then commit the lock file, too.',
    );
  }
  if (nxCloudWithoutIds !== undefined && hasId && !addsPackage) {
    const { name, range } = nxCloudPackage;
    const unless = nx !== undefined && readsTopLevelId(nx) ? ', or remove it, since this Nx needs none' : '';
    steps.push(
      `Update the package ${name}${unless}:  ${addDevDependency} ${name}@${range}  ` +
        `Version ${nxCloudWithoutIds} knows no ids, and Nx takes it wherever it is installed.`,
    );
  }
  const inRunners = tokens.some(({ accessToken }) => accessToken.path.length > 1);
  if (nx === undefined && inRunners && !listsNxCloud) {
    steps.push(
      `Before Nx 19.6 install the runner that nx.json names, since package.json does not list it:  ${addDevDependency} nx-cloud`,
    );
  }
  if (lockFileProblem !== undefined && nx === undefined) {
    steps.push(`Look up the version of Nx: before 19.6 it needs more than the id. ${lockFileProblem}`);
  }
  return steps;
}

function leftOverTokens({ elsewhere, textsWithTokens }: ConversionFacts): string[] {
  const steps = elsewhere.tokens.map(({ file, line, name, masked }) => {
    const what = name ?? `the token ${masked}`;
    const why = file === nxCloudEnvName && name !== undefined ? 'Nx prefers that token to all in nx.json. ' : '';
    return (
      `Take ${what} out of ${file} (line ${line}): ${why}` +
      'If the file is in the repository, that token has to be rotated, too.'
    );
  });
  const unread = elsewhere.unread.map(
    ({ file, reason }) => `Look into ${file} yourself, which may hold a token and was not read: ${reason}.`,
  );
  const texts = textsWithTokens.map(
    ({ file, lines }) =>
      `Look at ${file}, ${lineNumbers(lines)}: there is more that has the form of a token. It was left alone, since Nx does not use it there.`,
  );
  return [...steps, ...unread, ...texts];
}

/** What is to be done about one CI file. */
function ciSteps(file: CiReport, rotates: boolean): string[] {
  const { path, secretStore, jobs, snippet, notes, untouched, patched } = file;
  const needing = jobs.filter(({ state }) => state === 'needs-token');
  if (needing.length === 0) return notes.map((note) => `${path}: ${note}`);
  const where = needing.map(({ name, line }) => `${name} (line ${line})`).join(', ');
  const jobsIn = `${needing.length === 1 ? 'job' : 'jobs'} ${where} in ${path}`;
  const handedOver = ' The secret command has got the new token: what it has done of this need not be done again.';
  const store = `${path}: ${secretStore}${rotates ? handedOver : ''}`;
  if (patched) return [store, ...notes.map((note) => `${path}: ${note}`)];
  const reason = untouched === null ? 'with --patch-ci it is added' : `it is not added here: ${untouched}`;
  return [
    store,
    `Give the token to the ${jobsIn} (${reason}):\n${snippet}`,
    ...notes.map((note) => `${path}: ${note}`),
  ];
}

function tokenSteps({ tokens, namesServer, serverUrl, tokenFile, anonymousLevel, rotates }: ConversionFacts): string[] {
  const places = new Map(tokens.map(({ accessToken, file }) => [accessToken.token, { file, line: accessToken.line }]));
  const [which, they, stay, them] =
    places.size > 1 ? ['the tokens', 'They', 'they stay', 'them'] : ['the token', 'It', 'it stays', 'it'];
  const where =
    tokenFile === undefined
      ? `stood in ${inWords([...places.values()])}; your version control still has ${them}`
      : `is in ${tokenFile}; delete that file afterwards`;
  const ids = [...new Set(tokens.map(({ nxCloudId }) => nxCloudId))].join(', ');
  const handOver = [
    `Put ${which} into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and into the environment of its jobs. (${they} ${where}.)`,
    `Rotate ${which}, since ${stay} in the git history and in every clone: make a new one ` +
      `(npx nxkey ci-token create main --access read-write --workspace ${ids}), put that one into the secrets, then ` +
      `revoke the old one (npx nxkey ci-token list --workspace ${ids}, then npx nxkey ci-token revoke <id> --workspace ${ids}). ` +
      'An admin of the organization can do that.',
  ];
  const nameServer =
    `Put "nxCloudUrl": "${serverUrl ?? '<the address of your server>'}" beside the id, unless NX_CLOUD_API is set wherever Nx runs: ` +
    'nx.json names no server, and without one Nx asks Nx Cloud.';
  return [
    ...(namesServer ? [] : [nameServer]),
    ...(rotates ? [] : handOver),
    ...anonymousSteps(anonymousLevel, ids),
    `Log in, and so does everybody who works here:  npx nxkey login ${serverUrl ?? '<nxCloudUrl>'}`,
  ];
}

function anonymousSteps(anonymousLevel: AccessLevel | undefined, ids: string): string[] {
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

/** `nx.json on lines 3, 7 and nx.base.json on line 2` */
function inWords(places: readonly { file: string; line: number }[]): string {
  const files = [...new Set(places.map(({ file }) => file))];
  const linesOf = (name: string) => places.filter(({ file }) => file === name).map(({ line }) => line);
  return files.map((file) => `${file} on ${lineNumbers(linesOf(file))}`).join(' and ');
}

function lineNumbers(numbers: readonly number[]): string {
  return numbers.length === 1 ? `line ${numbers.join()}` : `lines ${numbers.join(', ')}`;
}
