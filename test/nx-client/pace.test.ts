import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPace } from '../../src/nx-client/pace.js';

/** A tick is a second. */
const deadlines = { silenceMs: 10_000, leastBytes: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const seconds = (count: number) => vi.advanceTimersByTime(count * 1000);

it('gives up a request on which nothing moves for too long', () => {
  const tooSlow = vi.fn();
  const watched = createPace(deadlines).watch(tooSlow);
  seconds(9);
  watched.moved(5000);
  seconds(9);
  expect(tooSlow).not.toHaveBeenCalled();
  seconds(1);
  expect(tooSlow).toHaveBeenCalledOnce();
  seconds(60);
  expect(tooSlow).toHaveBeenCalledOnce();
});

it('gives up a request on which too little moves, and lets one take as long as it likes that gets on', () => {
  const [trickling, steady] = [vi.fn(), vi.fn()];
  const slow = createPace(deadlines).watch(trickling);
  const fast = createPace(deadlines).watch(steady);
  for (let second = 0; second < 60; second++) {
    slow.moved(1);
    fast.moved(200);
    seconds(1);
  }
  expect(trickling).toHaveBeenCalledOnce();
  expect(steady).not.toHaveBeenCalled();
});

it('looks at all requests together: on a slow line each of many gets little', () => {
  const pace = createPace(deadlines);
  const tooSlow = vi.fn();
  const all = Array.from({ length: 20 }, () => pace.watch(tooSlow));
  for (let second = 0; second < 60; second++) {
    for (const watched of all) watched.moved(10);
    seconds(1);
  }
  expect(tooSlow).not.toHaveBeenCalled();
});

it('does not count the time in which we are busy ourselves', () => {
  const tooSlow = vi.fn();
  const watched = createPace(deadlines).watch(tooSlow);
  watched.moved(1);
  watched.pause();
  seconds(600);
  expect(tooSlow).not.toHaveBeenCalled();
  watched.wait();
  seconds(10);
  expect(tooSlow).toHaveBeenCalledOnce();
});

it('does not take the time in which the process was blocked for silence', () => {
  const tooSlow = vi.fn();
  createPace(deadlines).watch(tooSlow);
  // The clock has gone on by an hour when the timer is looked at for the first time.
  vi.setSystemTime(Date.now() + 3_600_000);
  seconds(1);
  expect(tooSlow).not.toHaveBeenCalled();
});

it('has less patience once a request has waited in vain, with those that begin after it', () => {
  const pace = createPace(deadlines);
  const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
  pace.watch(first);
  seconds(8);
  pace.watch(second);
  seconds(2);
  expect(first).toHaveBeenCalledOnce();
  pace.watch(third);
  seconds(3);
  expect(third).toHaveBeenCalledOnce();
  expect(second).not.toHaveBeenCalled();
  seconds(5);
  expect(second).toHaveBeenCalledOnce();
});

it('keeps no timer when nothing is waited for', () => {
  const pace = createPace(deadlines);
  const watched = [pace.watch(() => undefined), pace.watch(() => undefined)];
  expect(vi.getTimerCount()).toBe(1);
  for (const one of watched) one.end();
  expect(vi.getTimerCount()).toBe(0);
});

it('waits for ever without deadlines', () => {
  const tooSlow = vi.fn();
  createPace({ silenceMs: Infinity, leastBytes: 0 }).watch(tooSlow);
  expect(vi.getTimerCount()).toBe(0);
});
