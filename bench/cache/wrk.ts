import { fileURLToPath } from 'node:url';
import { output } from '../support/program.js';
import type { Subject } from './subject.js';

export const connections = 16;

export interface Load {
  script: 'get' | 'put';
  seconds: number;
  /** Requested are `{prefix}1`, `{prefix}2` and so on; reads begin again after `count` of them. */
  prefix: string;
  count: number;
  /** Bytes of each artifact. */
  size: number;
}

export interface LoadResult {
  /** Requests that were answered with a status below 400. */
  requests: number;
  /** Requests that were sent; up to 16 of them were cut off at the end. */
  sent: number;
  requestsPerSecond: number;
  bytesPerSecond: number;
}

/**
 * One thread of wrk, so that on two cores the server has one to itself.
 *
 * @throws {Error} when a single answer is an error, or shorter than the artifact: that would be no good figure
 */
export async function load(subject: Subject, { script, seconds, prefix, count, size }: Load): Promise<LoadResult> {
  const lua = fileURLToPath(new URL(`${script}.lua`, import.meta.url));
  const args = [
    '--threads',
    '1',
    '--connections',
    String(connections),
    '--duration',
    `${seconds}s`,
    '--timeout',
    '30s',
  ];
  const printed = await output('wrk', [...args, '--script', lua, subject.origin], {
    env: {
      BENCH_PATH: subject.path,
      BENCH_PREFIX: prefix,
      BENCH_COUNT: String(count),
      BENCH_SIZE: String(size),
      // Not in the arguments: those stand in the list of processes.
      BENCH_AUTHORIZATION: subject.authorization ?? '',
    },
  });
  const summary = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Record<
    'requests' | 'sent' | 'bytes' | 'microseconds' | 'failed' | 'broken',
    number
  >;
  const whole = script === 'put' || summary.bytes >= summary.requests * size;
  if (summary.failed > 0 || summary.broken > 0 || !whole || summary.bytes === 0) {
    throw new Error(`${subject.name} did not answer every ${script} of ${size} bytes: ${printed}`);
  }
  const duration = summary.microseconds / 1e6;
  return {
    requests: summary.requests,
    sent: summary.sent,
    requestsPerSecond: summary.requests / duration,
    bytesPerSecond: (script === 'get' ? summary.bytes : summary.requests * size) / duration,
  };
}
