import { limited, takeOne } from './attempt-limits.js';
import { byUser, recordEvent, type RequestSource } from './audit-log.js';
import type { Clock, DeviceAuthorization, User } from './model.js';
import { networkOf } from './network-of.js';
import type { PersonalAccessTokens } from './personal-access-tokens.js';
import type { Database } from './repositories.js';
import { hashSecret, newId, newSecret } from './secrets.js';
import { newUserCode, parseUserCode } from './user-codes.js';

/** The device flow's times (RFC 8628 §3.2 and §3.5). */
export const deviceFlowTimes = {
  lifetimeSeconds: 600,
  intervalSeconds: 5,
  /** Added for this and all later polls by each `slow_down`. */
  slowDownSeconds: 5,
  /** Timers fire a little early and networks jitter: a client that keeps to the interval must never be told off. */
  toleranceMs: 500,
} as const;

export interface DeviceAuthorizationRequest {
  clientId: string;
  tokenName: string | null;
  hostName: string | null;
  ipAddress: string;
}

export interface StartedDeviceAuthorization {
  kind: 'started';
  /** Known to nobody but the client: only its hash is kept. */
  deviceCode: string;
  userCode: string;
  expiresInSeconds: number;
  intervalSeconds: number;
}

/** Too many were begun from that address lately. */
export interface DeviceAuthorizationRefused {
  kind: 'too-many';
  retryAfterSeconds: number;
}

/** What a client learns when it asks for its token. */
export type DevicePoll =
  | { kind: 'granted'; accessToken: string }
  | { kind: 'pending' }
  | { kind: 'slow-down' }
  | { kind: 'denied' }
  | { kind: 'expired' }
  /** Never issued to this client, already redeemed, or cancelled. */
  | { kind: 'unknown' };

/** Who types a user code; wrong ones are counted for both. */
export interface UserCodeGuesser extends RequestSource {
  user: User;
  ipAddress: string;
}

export interface DeviceAuthorizations {
  start(request: DeviceAuthorizationRequest): Promise<StartedDeviceAuthorization | DeviceAuthorizationRefused>;
  poll(deviceCode: string, clientId: string, source: RequestSource): Promise<DevicePoll>;
  cancel(deviceCode: string): Promise<void>;
  /** `null`: wrong, expired, already decided, or too many wrong ones before; nobody is told which. */
  find(typedCode: string, guesser: UserCodeGuesser): Promise<DeviceAuthorization | null>;
  /** The same, then the person's answer; `null` also when somebody else has answered in the meantime. */
  decide(
    typedCode: string,
    guesser: UserCodeGuesser,
    decision: 'approved' | 'denied',
  ): Promise<DeviceAuthorization | null>;
}

/** @param maxPerAddress how many may be begun from one address in ten minutes */
export function createDeviceAuthorizations(
  database: Database,
  personalAccessTokens: PersonalAccessTokens,
  clock: Clock,
  maxPerAddress: number,
): DeviceAuthorizations {
  const { deviceAuthorizations, attempts } = database;

  async function find(typedCode: string, { user, ipAddress }: UserCodeGuesser): Promise<DeviceAuthorization | null> {
    const userCode = parseUserCode(typedCode);
    return await limited(
      { attempts, clock },
      [
        { kind: 'user-code:user', subject: user.id },
        { kind: 'user-code:address', subject: networkOf(ipAddress) },
      ],
      async () => (userCode === null ? null : await deviceAuthorizations.findPendingByUserCode(userCode, clock())),
    );
  }

  /** A token for the approved authorization, if this poll is the one that redeems it. */
  async function redeem(
    authorization: DeviceAuthorization,
    userId: string,
    source: RequestSource,
  ): Promise<DevicePoll> {
    return await database.transaction(async (repositories) => {
      if (!(await repositories.deviceAuthorizations.redeem(authorization.id, clock()))) return { kind: 'unknown' };
      const user = await repositories.users.findById(userId);
      if (user === null) return { kind: 'unknown' };
      const { clientId, tokenName, hostName, ipAddress } = authorization;
      const { secret } = await personalAccessTokens.issue(
        { user, name: tokenName ?? hostName ?? clientId, origin: { client: clientId, hostName, ipAddress } },
        byUser(user, source),
        repositories,
      );
      return { kind: 'granted', accessToken: secret };
    });
  }

  async function poll(deviceCode: string, clientId: string, source: RequestSource): Promise<DevicePoll> {
    const authorization = await deviceAuthorizations.findByDeviceCodeHash(hashSecret(deviceCode));
    if (authorization?.clientId !== clientId) return { kind: 'unknown' };
    const { id, status, userId } = authorization;
    if (status === 'denied') return { kind: 'denied' };
    if (status === 'redeemed' || status === 'cancelled') return { kind: 'unknown' };
    const now = clock();
    if (authorization.expiresAt <= now) return { kind: 'expired' };
    // An approved one is granted however early the poll comes: slow_down is a kind of "pending" (RFC 8628 §3.5).
    if (status === 'approved' && userId !== null) return await redeem(authorization, userId, source);

    const { toleranceMs, slowDownSeconds } = deviceFlowTimes;
    if (await deviceAuthorizations.recordPoll(id, { at: now, toleranceMs })) return { kind: 'pending' };
    if (await deviceAuthorizations.slowDown(id, { at: now, addSeconds: slowDownSeconds })) return { kind: 'slow-down' };
    // Neither write found it pending: it was decided since it was read. It is not pending now, so this ends.
    return await poll(deviceCode, clientId, source);
  }

  return {
    async start(request) {
      const key = { kind: 'device-authorization:address', subject: networkOf(request.ipAddress) } as const;
      const waitMs = await takeOne({ attempts, clock }, key, maxPerAddress);
      if (waitMs !== null) return { kind: 'too-many', retryAfterSeconds: Math.ceil(waitMs / 1000) };
      const now = clock();
      const deviceCode = newSecret();
      const { lifetimeSeconds, intervalSeconds } = deviceFlowTimes;
      // Two live authorizations with one user code are as good as impossible, and must be quite impossible.
      for (let attempt = 0; attempt < 5; attempt++) {
        const userCode = newUserCode();
        const inserted = await deviceAuthorizations.insert({
          ...request,
          id: newId(),
          deviceCodeHash: hashSecret(deviceCode),
          userCode,
          status: 'pending',
          userId: null,
          intervalSeconds,
          lastPolledAt: null,
          createdAt: now,
          expiresAt: now + lifetimeSeconds * 1000,
        });
        if (inserted) {
          return { kind: 'started', deviceCode, userCode, expiresInSeconds: lifetimeSeconds, intervalSeconds };
        }
      }
      throw new Error('no free user code was found in five attempts');
    },

    poll,
    find,

    async cancel(deviceCode) {
      await deviceAuthorizations.cancel(hashSecret(deviceCode));
    },

    async decide(typedCode, guesser, decision) {
      const authorization = await find(typedCode, guesser);
      if (authorization === null) return null;
      const { user } = guesser;
      return await database.transaction(async (repositories) => {
        const write = { status: decision, userId: user.id, at: clock() };
        if (!(await repositories.deviceAuthorizations.decide(authorization.id, write))) return null;
        const { clientId, hostName, tokenName, ipAddress } = authorization;
        await recordEvent(repositories, clock, byUser(user, guesser), {
          action: `device.${decision}`,
          target: tokenName ?? hostName ?? clientId,
          details: { client: clientId, hostName, requestedFrom: ipAddress },
        });
        return authorization;
      });
    },
  };
}
