import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newSortableId } from '../../src/domain/secrets.js';

it('ids that are made one after the other sort in that order, and are UUIDs of version 7', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 1000; count++) {
    ids.push(newSortableId());
    await setImmediate();
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
