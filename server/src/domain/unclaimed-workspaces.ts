import type { PresetName } from '../../../src/protocol/wire-types.js';
import { takeOne } from './attempt-limits.js';
import type { Initiator } from './audit-log.js';
import type { Clock, UnclaimedWorkspace, Workspace } from './model.js';
import { displayNameForm } from './names.js';
import { networkOf } from './network-of.js';
import type { Database } from './repositories.js';
import { hashSecret, newNxCloudId, newSecret } from './secrets.js';
import { insertWorkspace } from './workspaces.js';

/** How long an unclaimed workspace waits for its owner. */
export const unclaimedLifetimeMs = 3 * 24 * 60 * 60 * 1000;

/**
 * How long the link that claims it can be had. Nx asks for it within a second; afterwards the `nxCloudId`, all that is
 * needed for asking, may have been pushed where others read it.
 */
const claimCodeWindowMs = 10 * 60 * 1000;

/** At once, from all addresses together: a few megabytes. */
const defaultMaxUnclaimed = 10_000;

export type Creation =
  | { kind: 'created'; nxCloudId: string }
  /** The operator has switched `nx connect` off. */
  | { kind: 'off' }
  /** Too many from that address lately. */
  | { kind: 'too-many'; retryAfterMs: number }
  /** Too many wait for their owners, from all addresses together. */
  | { kind: 'full' };

/** Workspaces that `nx connect` makes for nobody in particular, until somebody who has signed in claims them. */
export interface UnclaimedWorkspaces {
  create(request: { name: string; ipAddress: string }): Promise<Creation>;
  find(nxCloudId: string): Promise<UnclaimedWorkspace | null>;
  /**
   * The code with which it can be claimed: only once, only for the network from which it was made, and only in the first
   * minutes. `null` otherwise.
   */
  handOutClaimCode(nxCloudId: string, ipAddress: string): Promise<string | null>;
  findByClaimCode(claimCode: string): Promise<UnclaimedWorkspace | null>;
  /** Makes it a workspace of the organization. `null`: the code is unknown or too old, or somebody else was first. */
  claim(
    claimCode: string,
    request: { name: string; organizationId: string; preset: PresetName },
    initiator: Initiator,
  ): Promise<Workspace | null>;
}

export interface UnclaimedWorkspaceOptions {
  database: Database;
  clock: Clock;
  isOff: boolean;
  max?: number;
}

export function createUnclaimedWorkspaces({
  database,
  clock,
  isOff,
  max = defaultMaxUnclaimed,
}: UnclaimedWorkspaceOptions): UnclaimedWorkspaces {
  const { attempts, unclaimedWorkspaces } = database;

  function unexpired(found: UnclaimedWorkspace | null): UnclaimedWorkspace | null {
    return found === null || clock() - found.createdAt >= unclaimedLifetimeMs ? null : found;
  }

  return {
    async create({ name, ipAddress }) {
      if (isOff) return { kind: 'off' };
      const key = { kind: 'unclaimed-workspace:address', subject: networkOf(ipAddress) } as const;
      const retryAfterMs = await takeOne({ attempts, clock }, key);
      if (retryAfterMs !== null) return { kind: 'too-many', retryAfterMs };
      // 96 random bits: it is no other workspace's either, and if it were, claiming it would be refused.
      const nxCloudId = newNxCloudId();
      return await database.transaction(async ({ unclaimedWorkspaces }) => {
        await unclaimedWorkspaces.insert({ nxCloudId, name, claimCodeHash: null, ipAddress, createdAt: clock() });
        if ((await unclaimedWorkspaces.count()) <= max) return { kind: 'created', nxCloudId };
        await unclaimedWorkspaces.remove(nxCloudId);
        return { kind: 'full' };
      });
    },

    async find(nxCloudId) {
      return unexpired(await unclaimedWorkspaces.find(nxCloudId));
    },

    async handOutClaimCode(nxCloudId, ipAddress) {
      const found = await unclaimedWorkspaces.find(nxCloudId);
      if (found === null || clock() - found.createdAt >= claimCodeWindowMs) return null;
      if (networkOf(found.ipAddress) !== networkOf(ipAddress)) return null;
      const claimCode = newSecret();
      return (await unclaimedWorkspaces.setClaimCode(nxCloudId, hashSecret(claimCode))) ? claimCode : null;
    },

    async findByClaimCode(claimCode) {
      return unexpired(await unclaimedWorkspaces.findByClaimCode(hashSecret(claimCode)));
    },

    async claim(claimCode, { name, organizationId, preset }, initiator) {
      return await database.transaction(async (repositories) => {
        const found = unexpired(await repositories.unclaimedWorkspaces.findByClaimCode(hashSecret(claimCode)));
        if (found === null || !(await repositories.unclaimedWorkspaces.remove(found.nxCloudId))) return null;
        const { nxCloudId, ipAddress } = found;
        const claimed = { nxCloudId, connectedFrom: ipAddress };
        return await insertWorkspace({ organizationId, name, preset, claimed }, initiator, { repositories, clock });
      });
    },
  };
}

const defaultName = 'my-workspace';

/** A workspace's name from what Nx sends as one: the name in a `package.json`, of any length and content, or nothing. */
export function workspaceNameFrom(sent: string): string {
  const name = sent
    .slice(0, 100)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return displayNameForm.matches(name) ? name : defaultName;
}
