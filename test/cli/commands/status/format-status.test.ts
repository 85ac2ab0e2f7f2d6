import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { formatStatus } from '../../../../src/cli/commands/status/format-status.js';

it('prints what nx.json has in place of an nxCloudId in one line, without what a terminal would obey', () => {
  const workspace = {
    root: '/home/ada/shop',
    nxCloudId: '\u001b[2J\n  ✓ Logged in as Ada',
    serverUrl: null,
    access: null,
    problem: null,
  };
  expect(formatStatus({ servers: [], workspace }, new Chalk({ level: 0 }))).toEqual([
    'Workspace /home/ada/shop',
    '  nxCloudId ✓ Logged in as Ada',
  ]);
});
