import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { initialized } from '../support/command-line.js';
import { openOtherProcess } from './access-model/other-process.js';
import { cacheClient, type ArtifactAddress, type Credential } from './cache-client.js';
import { operatorsCiToken, startKillableServer } from './killable-server.js';
import { campaignTimeout, rounds } from './rounds.js';

const killRounds = rounds({ brief: 5, full: 200 });

/** Bytes: nothing, one packet, kept in memory, and so many that the kill comes in the middle. */
const sizes = [0, 100, 5000, 60_000, 400_000, 3_000_000];
const uploadsPerRound = 16;
/** Fewer than uploads, so that some begin while others are being published. */
const connections = 8;

interface Upload {
  hash: string;
  /** SHA-256 of what was sent. */
  digest: string;
  /** Whether the server said that it is stored. */
  acknowledged: boolean;
}

describe('a server that is killed while it receives artifacts', () => {
  it(
    'serves nothing truncated or mixed, loses nothing it has acknowledged, and leaves no rubbish',
    async () => {
      const { data, nxCloudId } = await initialized();
      const credential = await operatorsCiToken(data, nxCloudId);
      const stored: Upload[] = [];
      const count = { acknowledged: 0, cut: 0 };
      let server = await startKillableServer(data);
      let uploader = uploaderTo(server.url, nxCloudId, credential);

      for (let round = 0; round < killRounds; round++) {
        const uploads = await uploader.sendUntilKilled(server.kill);
        server = await startKillableServer(data);
        uploader = uploaderTo(server.url, nxCloudId, credential);

        expect(readdirSync(join(data, 'artifacts/incoming')), `after kill ${round}`).toEqual([]);
        for (const upload of uploads) {
          const served = await uploader.digestOf(upload.hash);
          if (upload.acknowledged) expect(served, `acknowledged before kill ${round}`).toBe(upload.digest);
          else if (served !== null) expect(served, `cut by kill ${round}`).toBe(upload.digest);
          // Other bytes, as of another attempt, so that a mixture of both would show.
          else upload.digest = await uploader.send(upload.hash);
          count[upload.acknowledged ? 'acknowledged' : 'cut']++;
        }
        stored.push(...uploads);
        const older = stored[randomInt(stored.length)];
        if (older !== undefined) expect(await uploader.digestOf(older.hash)).toBe(older.digest);
        await vi.waitFor(() => expectEveryBlobToHaveARow(data), { timeout: 20_000 });
      }

      for (const { hash, digest } of stored) expect(await uploader.digestOf(hash)).toBe(digest);
      expect(await server.stop()).toBe(0);
      // Otherwise the kills came too early or too late to show anything.
      expect(count.acknowledged).toBeGreaterThan(killRounds);
      expect(count.cut).toBeGreaterThan(killRounds);
    },
    campaignTimeout,
  );
});

function uploaderTo(url: string, nxCloudId: string, credential: Credential) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const cache = cacheClient(() => url, agent);

  async function isAcknowledged(address: ArtifactAddress, body: Buffer): Promise<boolean> {
    try {
      expect(await cache.put(address, credential, body)).toMatchObject({ status: 200 });
      return true;
    } catch (error) {
      if (isConnectionFailure(error)) return false;
      throw error;
    }
  }

  return {
    /** Kills the server at some moment: after so many acknowledged uploads, and up to some milliseconds later. */
    async sendUntilKilled(kill: () => Promise<void>): Promise<Upload[]> {
      let acknowledgedUntilKill = randomInt(uploadsPerRound - connections + 1);
      let killed: Promise<void> | undefined;
      const killWhenDue = () => {
        if (acknowledgedUntilKill-- === 0) killed = sleep(randomInt(20)).then(kill);
      };
      killWhenDue();
      const uploads = await Promise.all(
        Array.from({ length: uploadsPerRound }, async (): Promise<Upload> => {
          const [hash, body] = [newHash(), newBody()];
          const acknowledged = await isAcknowledged({ nxCloudId, hash }, body);
          if (acknowledged) killWhenDue();
          return { hash, digest: sha256(body), acknowledged };
        }),
      );
      await killed;
      return uploads;
    },

    async send(hash: string): Promise<string> {
      const body = newBody();
      expect(await cache.put({ nxCloudId, hash }, credential, body)).toMatchObject({ status: 200 });
      expect(await this.digestOf(hash)).toBe(sha256(body));
      return sha256(body);
    },

    /** `null` on a miss. */
    async digestOf(hash: string): Promise<string | null> {
      const { status, body } = await cache.get({ nxCloudId, hash }, credential);
      expect([200, 404]).toContain(status);
      return status === 200 ? sha256(body) : null;
    },
  };
}

async function expectEveryBlobToHaveARow(data: string): Promise<void> {
  const database = openOtherProcess(data);
  try {
    const rows = await database.selectFrom('artifacts').select('blobId').execute();
    const named = new Set(rows.map(({ blobId }) => blobId));
    const blobs = readdirSync(join(data, 'artifacts/blobs'), { recursive: true, withFileTypes: true });
    const files = blobs.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(files.filter((name) => !named.has(name))).toEqual([]);
    expect(files.length).toBe(named.size);
  } finally {
    await database.destroy();
  }
}

/** The server went away: which of these it is depends on the moment. */
function isConnectionFailure(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(String(error.code))
  );
}

/** As Nx makes them: decimal. */
function newHash(): string {
  return randomBytes(8).readBigUInt64LE().toString();
}

function newBody(): Buffer {
  return randomBytes(sizes[randomInt(sizes.length)] ?? 0);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
