import { unlink, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UserError } from '../errors.js';
import { openSealed } from './artifact/encryption.js';
import { DamagedArtifact } from './artifact/errors.js';
import type { RunReport } from './run-report.js';
import type { Session } from './session.js';
import type { Staging } from './staging.js';

/**
 * Tells a person that the others in the workspace encrypt with another key. Artifacts alone do not: Nx 20 and later counts
 * `NX_CLOUD_ENCRYPTION_KEY` among the inputs of every task, all versions count nx.json, and whoever has another key there,
 * or none, asks for other hashes and only ever misses.
 *
 * So the first run of a day (UTC) that stores something encrypted leaves an empty text beside it, encrypted like an
 * artifact, under a name that does not depend on the key. A run whose first result is not there tries to open it: one
 * request. The day is in the name because what is stored stays as it is: a team that changes its key is warned for no
 * longer than that. Whoever may write can store something else there, and gets no more than the warning.
 */
export interface KeyCheck {
  /** After a miss. Asks the server once, at the first of them. @throws {TransferFailed} */
  compare: (session: Session) => Promise<void>;
  /** After something was stored. @throws {TransferFailed}, and what the file system says */
  leave: (session: Session, staging: Staging) => Promise<void>;
}

export function createKeyCheck(report: RunReport, today = new Date()): KeyCheck {
  const name = `nxkey-key-check-${today.toISOString().slice(0, 10)}`;
  /** Whether this run is to leave something. Never fails. */
  let isVacant: Promise<boolean> | undefined;

  async function ask({ transfer, encryption }: Session): Promise<boolean> {
    const answer = await transfer.get(name);
    if (answer.kind !== 'hit') return answer.kind === 'miss';
    try {
      await openToEnd(openSealed(atMost(longest, answer.body), encryption?.sealFor(name)));
    } catch (error) {
      if (!(error instanceof DamagedArtifact)) throw error;
      report.note('other-key', othersHaveAnotherKey(encryption !== undefined));
    } finally {
      answer.abandon();
    }
    return false;
  }

  async function compare(session: Session): Promise<void> {
    if (isVacant !== undefined) return;
    const answer = ask(session);
    isVacant = answer.catch(() => false);
    await answer;
  }

  return {
    compare,
    async leave(session, staging) {
      const { transfer, encryption } = session;
      if (encryption === undefined) return;
      await compare(session);
      if ((await isVacant) !== true) return;
      isVacant = Promise.resolve(false);
      const path = staging.newPath();
      try {
        const sealed = await buffer(encryption.sealFor(name).seal(Readable.from([])));
        await writeFile(path, sealed, { flag: 'wx' });
        await transfer.put(name, { path, size: sealed.length });
      } finally {
        await unlink(path).catch(() => undefined);
      }
    },
  };
}

/** Bytes: several times what is left there. Whoever may write may have put a gigabyte there. */
const longest = 1024;

async function* atMost(length: number, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  for await (const piece of body) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

async function openToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

function othersHaveAnotherKey(hasKey: boolean): UserError {
  const here = hasKey ? 'with another encryption key than the one here' : 'encrypted, and no key is set here';
  return new UserError(`Others have stored them today ${here}.`, {
    remedy: 'Give all of the team, and CI, the same NX_CLOUD_ENCRYPTION_KEY.',
  });
}
