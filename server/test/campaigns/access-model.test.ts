import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyPurge, compareStats } from './access-model/cache-administration.js';
import { betweenReads, passTime, whileReading, type Change } from './access-model/changes.js';
import { anyOrganizationChange, join } from './access-model/organization-changes.js';
import { createWorlds } from './access-model/real-world.js';
import { anyRequest, askForAccess, read, write, type Command } from './access-model/requests.js';
import { anyTokenChange, createCiToken, createPersonalToken } from './access-model/token-changes.js';
import { workspaceNames } from './access-model/world.js';
import { campaignTimeout, rounds } from './rounds.js';

const [minute, hour, day] = [60_000, 3_600_000, 24 * 3_600_000];

/** Bytes: empty, kept in memory, and streamed from the disk. */
const size = fc.constantFrom(0, 1, 4096, 4096, 100_000);

/** So that the first requests have tokens to try. */
const beginning: readonly Change[] = [
  createCiToken('shop', 'read-only', null, 'in another process'),
  createCiToken('shop', 'read-write', hour, 'in another process'),
  createCiToken('lab', 'read-write', minute, 'in another process'),
  join('acme', 'bob', 'member', 'in another process'),
  createPersonalToken('ada', 'in another process'),
  createPersonalToken('bob', 'in another process'),
  createPersonalToken('dave', 'in another process'),
];

/** CI tokens of the model live for minutes or hours, personal ones for 90 days after their last use. */
const time = fc.constantFrom(minute, minute, hour, hour, day, 40 * day, 100 * day);

const readers = fc.array(anyRequest(), { maxLength: 4 });

/** What there is to read and write is little, so that most requests meet something that others have written. */
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: anyRequest().map(read) },
  { weight: 10, arbitrary: fc.tuple(anyRequest(), size).map((parts) => write(...parts)) },
  { weight: 2, arbitrary: anyRequest().map(askForAccess) },
  { weight: 8, arbitrary: fc.tuple(anyTokenChange(), readers).map((parts) => whileReading(...parts)) },
  { weight: 6, arbitrary: fc.tuple(anyOrganizationChange(), readers).map((parts) => whileReading(...parts)) },
  { weight: 3, arbitrary: fc.tuple(time.map(passTime), readers).map((parts) => betweenReads(...parts)) },
  { weight: 2, arbitrary: fc.tuple(anyPurge(), readers).map((parts) => betweenReads(...parts)) },
  { weight: 1, arbitrary: fc.constantFrom(...workspaceNames).map(compareStats) },
);

describe('joins, leaves, tokens, settings and requests in any order', () => {
  it(
    'are answered as the pure function says, each on the very next request',
    async () => {
      const statuses = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(fc.commands([anyCommand], { maxCommands: 100, size: 'max' }), async (commands) => {
          const { world, real } = await createWorlds();
          try {
            for (const change of beginning) (await change.make(world, real))(world);
            await fc.asyncModelRun(() => ({ model: world, real }), commands);
          } finally {
            await real.close();
            for (const [what, count] of real.answers) statuses.set(what, (statuses.get(what) ?? 0) + count);
          }
        }),
        { numRuns: rounds({ brief: 10, full: 2000 }), interruptAfterTimeLimit: campaignTimeout },
      );
      // What never happened was not tried.
      const tried = ['GET 200', 'GET 401', 'GET 404', 'PUT 200', 'PUT 401', 'PUT 403', 'PUT 409'];
      expect([...statuses.keys()].sort()).toEqual(tried);
    },
    campaignTimeout,
  );
});
