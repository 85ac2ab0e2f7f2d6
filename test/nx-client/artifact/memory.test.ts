import { describe, expect, it } from 'vitest';
import { borrow, freeNow, giveBack } from '../../../src/nx-client/artifact/memory.js';
import { largestInBatch } from '../../../src/protocol/batch.js';

describe('memory for an artifact', () => {
  it('is as long as was asked for', () => {
    const lengths = [0, 1, largestInBatch, largestInBatch + 1];
    expect(lengths.map((length) => borrow(length).length)).toEqual(lengths);
  });

  it('is lent to one at a time, and to the next one when it has been given back', () => {
    const one = borrow(10);
    const other = borrow(10);
    expect(other.buffer).not.toBe(one.buffer);
    giveBack(one);
    const next = borrow(largestInBatch);
    expect(next.buffer).toBe(one.buffer);
    expect(next.length).toBe(largestInBatch);
  });

  it('is not kept when it is larger than artifacts of a batch are', () => {
    const large = borrow(largestInBatch + 1);
    giveBack(large);
    expect(borrow(1).buffer).not.toBe(large.buffer);
  });

  it('is empty once it is freed', () => {
    const bytes = Buffer.alloc(largestInBatch, 'x');
    const view = bytes.subarray(5, 10);
    freeNow(bytes);
    expect([bytes.length, view.length, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
  });

  it("stays where it is Node's own, which others share", () => {
    const bytes = Buffer.from('from the pool that all small buffers come from');
    const neighbour = Buffer.from('neighbour');
    freeNow(bytes);
    expect(neighbour.toString()).toBe('neighbour');
  });
});
