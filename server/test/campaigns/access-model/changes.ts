import { expect } from 'vitest';
import type { RealWorld } from './real-world.js';
import { describe, describeAnswer, describeExpected, isCertain, type Command } from './requests.js';
import { expectedRead, noteUse, type CacheRequest, type World } from './world.js';

/** Something that changes who may do what. */
export interface Change {
  /** For people who read a counterexample. */
  what: string;
  possible(world: World): boolean;
  /** Really makes it, and answers with what it does to the model. */
  make(world: World, real: RealWorld): Promise<(world: World) => void>;
}

/** Through the REST API of the server, or behind its back. */
export const ways = ['in another process', 'over REST'] as const;
export type Way = (typeof ways)[number];

/**
 * Makes a change while `bystanders` read, so that some lookups begin before it and end after it. Each of them may see
 * what was before or what is after, and has to see what is after when it asks again.
 */
export function whileReading(change: Change, bystanders: readonly CacheRequest[]): Command {
  return {
    check: (world) => change.possible(world),
    async run(world, real) {
      const certain = bystanders.filter((request) => isCertain(world, request));
      const expectations = () => certain.map((request) => describeExpected(expectedRead(world, request)));
      const before = expectations();
      const reads = readAll(real, certain);
      const note = await change.make(world, real);
      const answers = await reads;
      for (const { credential } of certain) noteUse(world, credential);
      note(world);
      const after = expectations();
      for (const [index, request] of certain.entries()) {
        expect([before[index], after[index]], describe('GET, meanwhile,', request)).toContain(answers[index]);
      }
      expect(await readAll(real, certain), certain.map((request) => describe('GET', request)).join()).toEqual(after);
    },
    toString: () => [change.what, ...bystanders.map((request) => describe('GET', request))].join(' & '),
  };
}

/**
 * Does something between two looks at the cache: what the first look has brought into the server's memory must not be
 * what the second one is answered with.
 */
export function betweenReads(action: Command, witnesses: readonly CacheRequest[]): Command {
  return {
    check: (world) => action.check(world),
    async run(world, real) {
      await readExactly(world, real, witnesses);
      await action.run(world, real);
      await readExactly(world, real, witnesses);
    },
    toString: () => [action.toString(), ...witnesses.map((request) => describe('GET', request))].join(' & '),
  };
}

/** Moves the clocks of server and model. */
export function passTime(milliseconds: number): Command {
  return {
    check: () => true,
    run(world, real) {
      real.server.passTime(milliseconds);
      world.now += milliseconds;
      return Promise.resolve();
    },
    toString: () => `${milliseconds / 60_000} minutes pass`,
  };
}

async function readExactly(world: World, real: RealWorld, requests: readonly CacheRequest[]): Promise<void> {
  const certain = requests.filter((request) => isCertain(world, request));
  const expected = certain.map((request) => describeExpected(expectedRead(world, request)));
  for (const { credential } of certain) noteUse(world, credential);
  expect(await readAll(real, certain), certain.map((request) => describe('GET', request)).join()).toEqual(expected);
}

async function readAll(real: RealWorld, requests: readonly CacheRequest[]): Promise<string[]> {
  return await Promise.all(requests.map(async (request) => describeAnswer(await real.get(request))));
}

/**
 * Asks the REST API to change something, as the owner of both organizations or with another token.
 *
 * @returns the body of the answer
 */
export async function administer(
  real: RealWorld,
  method: string,
  path: string,
  fields?: object,
  token?: string,
): Promise<unknown> {
  const answer = await real.rest.request(path, {
    method,
    token: token ?? (await real.ownersToken()),
    ...(fields === undefined ? {} : { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }),
  });
  expect(answer, `${method} ${path}`).toMatchObject({ status: expect.toSatisfy(isSuccess) as unknown });
  return answer.body;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
