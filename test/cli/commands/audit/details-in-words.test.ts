import { expect, it } from 'vitest';
import { detailsInWords } from '../../../../src/cli/commands/audit/details-in-words.js';

it('says a detail after its name', () => {
  expect(detailsInWords({ method: 'password', artifacts: 2, all: true, expiresAt: null })).toEqual([
    'method password',
    'artifacts 2',
    'all true',
    'expiresAt none',
  ]);
});

it('says what changed from what to what', () => {
  const details = { 'role.old': 'member', 'role.new': 'admin', 'name.old': null, 'name.new': 'shop' };
  expect(detailsInWords(details)).toEqual(['role member → admin', 'name none → shop']);
});

it('leaves a name that only looks like a change as it is', () => {
  expect(detailsInWords({ 'role.old': 'member', 'level.new': 'none' })).toEqual(['role.old member', 'level.new none']);
});
