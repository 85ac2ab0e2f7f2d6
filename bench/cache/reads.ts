import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../measure.js';
import { get, put, type Subject } from './subject.js';
import { load, type LoadResult } from './wrk.js';

export interface ArtifactSet {
  /** Bytes. */
  size: number;
  count: number;
  /** Their hashes are `{prefix}1` to `{prefix}{count}`. */
  prefix: string;
}

export type Rates = Pick<LoadResult, 'requestsPerSecond' | 'bytesPerSecond'>;

/** Gives every subject the same artifacts: over its own protocol, and nginx, which has none, as files. */
export async function fill(subjects: readonly Subject[], files: string, sets: readonly ArtifactSet[]): Promise<void> {
  for (const { size, count, prefix } of sets) {
    for (let number = 1; number <= count; number++) {
      const bytes = new Uint8Array(randomBytes(size));
      await writeFile(join(files, `${prefix}${number}`), bytes);
      for (const subject of subjects) await put(subject, `${prefix}${number}`, bytes);
    }
  }
}

/**
 * Loads the subjects in turn, again and again.
 *
 * @returns for each the median of its rounds
 * @throws {Error} when one of them answers with other bytes than the first
 */
export async function measureReads(
  subjects: readonly Subject[],
  set: ArtifactSet,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Rates[]> {
  const results: LoadResult[][] = subjects.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    await compare(subjects, `${set.prefix}${(round % set.count) + 1}`, set.size);
    for (const [index, subject] of subjects.entries()) {
      const result = await load(subject, { script: 'get', seconds, ...set });
      // The first round warms caches and compilers up.
      if (round > 0) results[index]?.push(result);
    }
  }
  return results.map((ofSubject) => ({
    requestsPerSecond: median(ofSubject.map((result) => result.requestsPerSecond)),
    bytesPerSecond: median(ofSubject.map((result) => result.bytesPerSecond)),
  }));
}

async function compare(subjects: readonly Subject[], hash: string, size: number): Promise<void> {
  const [first, ...others] = await Promise.all(subjects.map((subject) => get(subject, hash)));
  const alike = first?.length === size && others.every((other) => other !== null && first.equals(other));
  if (!alike) throw new Error(`The servers do not answer ${hash} with the same ${size} bytes.`);
}
