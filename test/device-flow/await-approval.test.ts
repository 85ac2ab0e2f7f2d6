import { describe, expect, it } from 'vitest';
import { awaitApproval, LoginNotApproved } from '../../src/device-flow/await-approval.js';
import type { DevicePoll } from '../../src/device-flow/poll.js';
import { Cancelled, UserError } from '../../src/errors.js';
import { ServerUnreachable, UnexpectedAnswer } from '../../src/rest-client/errors.js';
import { failure } from '../rest-client/failure.js';
import { accessToken } from './device-server.js';
import { fakeClock, type FakeClock } from './fake-clock.js';

const serverUrl = 'https://nxkey.example';
const granted: DevicePoll = { kind: 'granted', accessToken };
const pending: DevicePoll = { kind: 'pending' };
const slowDown: DevicePoll = { kind: 'slow-down' };
const cut: DevicePoll = {
  kind: 'unreachable',
  error: new ServerUnreachable('The connection was cut.', { remedy: 'Try again.' }),
};
const timeout: DevicePoll = {
  kind: 'unreachable',
  error: new ServerUnreachable('No answer came.', { remedy: 'Try again.', timedOut: true }),
};
const broken: DevicePoll = {
  kind: 'broken',
  error: new UnexpectedAnswer('It failed to answer (status 500).', { remedy: 'Tell somebody.' }),
};

/** Polls answered so, the last answer for ever, on a clock of its own. */
function wait(polls: DevicePoll[], options: { expiresIn?: number; clock?: FakeClock; signal?: AbortSignal } = {}) {
  const { expiresIn = 600, clock = fakeClock(), signal = new AbortController().signal } = options;
  let asked = 0;
  const poll = () => Promise.resolve(polls[Math.min(asked++, polls.length - 1)] ?? pending);
  const outcome = awaitApproval({ serverUrl, expiresIn, interval: 5, poll, clock, signal });
  return { outcome, clock, asked: () => asked };
}

describe('waiting for the approval', () => {
  it('asks after each interval, never before, until there is a token', async () => {
    const { outcome, clock } = wait([pending, pending, granted]);
    expect(await outcome).toBe(accessToken);
    expect(clock.naps).toEqual([5, 5, 5]);
  });

  it('adds 5 s to this and all later intervals for each slow_down', async () => {
    const { outcome, clock } = wait([pending, slowDown, pending, slowDown, pending, granted]);
    expect(await outcome).toBe(accessToken);
    expect(clock.naps).toEqual([5, 5, 10, 10, 15, 15]);
  });

  it('doubles the interval with each poll that times out, up to a minute', async () => {
    const { outcome, clock } = wait([timeout, timeout, pending, timeout, timeout, timeout, granted]);
    expect(await outcome).toBe(accessToken);
    expect(clock.naps).toEqual([5, 10, 20, 20, 40, 60, 60]);
  });

  it('does not shorten by a timeout what slow_down made longer than a minute', async () => {
    const slow = Array.from({ length: 12 }, () => slowDown);
    const { outcome, clock } = wait([...slow, timeout, granted], { expiresIn: 3600 });
    await outcome;
    expect(clock.naps.slice(-2)).toEqual([65, 65]);
  });

  it('keeps its pace when the connection is cut or the server fails', async () => {
    const { outcome, clock } = wait([cut, broken, cut, granted]);
    expect(await outcome).toBe(accessToken);
    expect(clock.naps).toEqual([5, 5, 5, 5]);
  });

  it('ends when the code expires, without asking once more', async () => {
    const { outcome, clock, asked } = wait([pending], { expiresIn: 12 });
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(LoginNotApproved);
    expect(error.message).toBe('Nobody approved the login to https://nxkey.example before its code expired.');
    expect(clock.naps).toEqual([5, 5, 2]);
    expect(asked()).toBe(2);
  });

  it('ends when the server says that the code expired', async () => {
    const { outcome, asked } = wait([pending, { kind: 'expired' }]);
    expect((await failure(outcome)).message).toMatch(/^Nobody approved the login/);
    expect(asked()).toBe(2);
  });

  it('ends when the person says no', async () => {
    const { outcome } = wait([pending, { kind: 'denied' }]);
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(LoginNotApproved);
    expect(error.message).toBe('The login to https://nxkey.example was denied in the browser.');
  });

  it('ends when the server does not know the code any more', async () => {
    const { outcome, asked } = wait([{ kind: 'rejected', reason: 'invalid_grant' }]);
    const error = await failure(outcome);
    expect(error).not.toBeInstanceOf(LoginNotApproved);
    expect(error.message).toBe('https://nxkey.example does not accept this login any more (invalid_grant).');
    expect(asked()).toBe(1);
  });

  it.each([
    ['broken', broken, UnexpectedAnswer, 'It failed to answer (status 500).'],
    ['unreachable', cut, ServerUnreachable, 'The connection was cut.'],
  ])('tells a server that was %s until the end from a person who never approved', async (_, poll, type, what) => {
    const { outcome } = wait([pending, poll]);
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toBe(`The code expired while the server could not be asked about it. ${what}`);
  });

  it('does not blame a server that failed in the middle and was well at the end', async () => {
    const { outcome } = wait([broken, cut, pending]);
    expect(await failure(outcome)).toBeInstanceOf(LoginNotApproved);
  });

  it('lets a defect through as what it is', async () => {
    const defect = new TypeError('a defect');
    const outcome = awaitApproval({
      serverUrl,
      expiresIn: 600,
      interval: 5,
      poll: () => Promise.reject(defect),
      clock: fakeClock(),
      signal: new AbortController().signal,
    });
    await expect(outcome).rejects.toBe(defect);
    await expect(outcome).rejects.not.toBeInstanceOf(UserError);
  });
});

describe('Ctrl-C', () => {
  it('ends the wait in the middle of an interval', async () => {
    const controller = new AbortController();
    const clock = fakeClock({
      2: () => {
        controller.abort();
      },
    });
    const { outcome, asked } = wait([pending], { clock, signal: controller.signal });
    await expect(outcome).rejects.toThrow(Cancelled);
    expect(asked()).toBe(1);
  });

  it('that came before lets it not even begin', async () => {
    const { outcome, asked } = wait([granted], { signal: AbortSignal.abort() });
    await expect(outcome).rejects.toThrow(Cancelled);
    expect(asked()).toBe(0);
  });
});
