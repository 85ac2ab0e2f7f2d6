import type { AdministrationClient } from '../../rest-client/administration-client.js';
import type { CiAccessLevel } from '../../protocol/wire-types.js';
import { UserError } from '../../errors.js';
import { printable } from '../../rest-client/printable.js';
import type { Claims } from './claims.js';
import { repositoryAtHost } from './repository-at-host.js';
import { rotateCommittedTokens } from './rotate-committed-tokens.js';
import { runSecretCommand, type CommandSurroundings } from './run-secret-command.js';
import { fillIn, type SecretCommand } from './secret-command.js';

export interface RotatorOptions extends CommandSurroundings {
  /** As an owner or admin of the organizations whose workspaces are converted. */
  client: AdministrationClient;
  claims: Claims;
  command: SecretCommand;
  /** How long the committed tokens go on working, in seconds; 0 ends them at once. At most 30 days. */
  graceSeconds: number;
}

export interface RotationRequest {
  /** Absolute path of the workspace's root. */
  workspace: string;
  /** What its nx.json commits, and whose it is. */
  committed: readonly { token: string; nxCloudId: string }[];
  /** A person has said that this repository is of that workspace, and not its nx.json alone. */
  isNamed?: boolean;
}

/** What came of it. No secret is in here. */
export interface Rotation {
  /** `already-rotated`: an earlier run had done all of it. */
  status: 'rotated' | 'already-rotated';
  /** What this run has made and handed to the command; empty when an earlier run had. */
  handedOver: { name: string; accessLevel: CiAccessLevel; id: string }[];
  /** The committed tokens that the server knows, and when they end (ISO 8601). */
  ended: { id: string; name: string; expiresAt: string | null }[];
}

export type Rotator = (request: RotationRequest) => Promise<Rotation>;

/**
 * Gives the CI of one repository after the other new tokens. With `{name}` or `{access}` in the command it is run twice
 * for each: once for the token that writes, and once for the read-only one of pull requests.
 *
 * Call it before nx.json is written: afterwards nobody knows which token was committed. It may be called for several
 * repositories at once. Those of one workspace wait for each other, so that none hands out what another one has.
 */
export function createRotator({ client, claims, command, graceSeconds, ...surroundings }: RotatorOptions): Rotator {
  const turns = new Map<string, Promise<unknown>>();

  /** Only a command that names it has to have one. */
  async function repositoryOf(workspace: string): Promise<string | undefined> {
    try {
      return await repositoryAtHost(workspace, surroundings.env);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!command.placeholders.has('repo')) return undefined;
      throw new UserError(`No token was rotated: --secret-command wants {repo}. ${error.message}`, {
        ...(error.remedy !== undefined && { remedy: error.remedy }),
        cause: error,
      });
    }
  }

  /** Each would put its token over that of the one before. */
  async function refuseSeveralWorkspaces(workspace: string): Promise<void> {
    const ids = claims.ofRepository(await claims.repositoryOf(workspace));
    if (ids.length <= 1 || command.placeholders.has('workspace') || command.placeholders.has('nxCloudId')) return;
    const name = printable(await claims.repositoryOf(workspace));
    throw new UserError(
      `No token was rotated: ${name} has workspaces with ${ids.length} nxCloudIds (${ids.join(', ')}), and one NX_CLOUD_ACCESS_TOKEN cannot serve them all.`,
      {
        remedy:
          'Is there one that does not belong there? Else have the command keep them apart, and use those names in CI:  ' +
          "--secret-command 'put-secret {repo} {name} {nxCloudId}'",
      },
    );
  }

  async function rotate(
    nxCloudId: string,
    { workspace, committed, isNamed = false }: RotationRequest,
  ): Promise<Rotation> {
    const repository = await repositoryOf(workspace);
    await refuseSeveralWorkspaces(workspace);
    const others = isNamed ? [] : await claims.ofOthers(workspace, nxCloudId);
    if (others.length > 0) throw notTheOnlyOne(nxCloudId, others, workspace);
    return await rotateCommittedTokens({
      client,
      nxCloudId,
      committed: committed.map(({ token }) => token),
      repository,
      refuse: (handedTo) => {
        if (!isNamed && handedTo.length > 0) throw notTheOnlyOne(nxCloudId, handedTo, workspace);
      },
      readOnlyToo: command.placeholders.has('name') || command.placeholders.has('access'),
      graceSeconds,
      deliver: async (token, { name, accessLevel }) => {
        const values = { repo: repository ?? '', name, workspace, nxCloudId, access: accessLevel };
        await runSecretCommand(fillIn(command, values), token, surroundings);
      },
    });
  }

  return async (request) => {
    const nxCloudId = onlyWorkspaceOf(request);
    const turn = (turns.get(nxCloudId) ?? Promise.resolve()).then(() => rotate(nxCloudId, request));
    turns.set(
      nxCloudId,
      turn.catch(() => undefined),
    );
    return await turn;
  };
}

function notTheOnlyOne(nxCloudId: string, others: readonly string[], workspace: string): UserError {
  const them = others.map((name) => printable(name)).join(', ');
  return new UserError(
    `No token was rotated: nx.json has a token of the workspace ${nxCloudId}, which ${them} ${others.length === 1 ? 'has' : 'have'}, too. ` +
      'Whoever put it here would get a new token of that workspace into the secrets of this repository.',
    {
      remedy:
        'If it does not belong here, take it out. If they share that workspace, say so with a line for each of them in a map:  ' +
        `${printable(workspace, 4096)}<tab>${nxCloudId}  and  --map <file> --server <url>`,
    },
  );
}

function onlyWorkspaceOf({ committed }: RotationRequest): string {
  const [first, ...others] = new Set(committed.map(({ nxCloudId }) => nxCloudId));
  if (first === undefined) throw new RangeError('There is no committed token to rotate.');
  if (others.length === 0) return first;
  throw new UserError(
    `No token was rotated: nx.json has tokens of ${others.length + 1} workspaces, and one NX_CLOUD_ACCESS_TOKEN cannot serve them all.`,
    {
      remedy:
        'Convert this one without --rotate, and give its CI the tokens by hand:  npx nxkey ci-token create --help',
    },
  );
}
