import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../measure.js';
import { output } from '../support/program.js';
import { get, type Subject } from './subject.js';
import { connections, load } from './wrk.js';

/** Starts a subject that keeps its artifacts in a folder. */
export type Start = (folder: string) => Promise<Subject>;

/**
 * Loads the subjects in turn with artifacts of `size` bytes, each time on a new folder.
 *
 * @returns for each the median of its artifacts per second
 * @throws {Error} when one was acknowledged that is not there afterwards
 */
export async function measureWrites(
  starts: readonly Start[],
  folder: string,
  { size, rounds, seconds }: { size: number; rounds: number; seconds: number },
): Promise<number[]> {
  const rates: number[][] = starts.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, start] of starts.entries()) {
      rates[index]?.push(await measureOnce(start, join(folder, 'writes'), { size, seconds }));
    }
  }
  return rates.map(median);
}

async function measureOnce(start: Start, folder: string, shape: { size: number; seconds: number }): Promise<number> {
  await mkdir(folder, { recursive: true });
  const subject = await start(folder);
  try {
    await load(subject, { script: 'put', prefix: 'warm-up', count: 0, size: shape.size, seconds: 1 });
    // What was written before and is not on the disk yet must not slow this one down.
    await output('sync', []);
    const prefix = 'written';
    const { requests, sent, requestsPerSecond } = await load(subject, { script: 'put', prefix, count: 0, ...shape });
    const stored = await countStored(subject, prefix, { sent, size: shape.size });
    if (stored < requests) throw new Error(`${subject.name} acknowledged ${requests} artifacts and has ${stored}.`);
    return requestsPerSecond;
  } finally {
    await subject.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many of `{prefix}1` to `{prefix}{sent}` can be read, each compared with the others byte by byte. */
async function countStored(
  subject: Subject,
  prefix: string,
  { sent, size }: { sent: number; size: number },
): Promise<number> {
  let next = 1;
  let stored = 0;
  let expected: Buffer | undefined;
  const reader = async () => {
    while (next <= sent) {
      const bytes = await get(subject, `${prefix}${next++}`);
      // The last ones were cut off; what is there of them, a server may keep or not.
      if (bytes?.length !== size) continue;
      expected ??= bytes;
      if (!bytes.equals(expected)) throw new Error(`${subject.name} keeps other bytes than it was given.`);
      stored++;
    }
  };
  await Promise.all(Array.from({ length: connections }, reader));
  return stored;
}
