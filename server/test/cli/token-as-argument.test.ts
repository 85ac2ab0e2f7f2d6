import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatToken } from '../../../src/protocol/tokens.js';
import { recordToken } from '../../../test/support/ledger.js';
import { nxkeyServer } from '../support/command-line.js';

const tokens = {
  personal: formatToken('personal', 'AB12cd34EF56gh78IJ90kl12MN34op'),
  ci: formatToken('ci', 'AB12cd34EF56gh78IJ90kl12MN34op'),
  mistyped: 'nxp_AB12cd34EF56gh78IJ90',
  committed: Buffer.from(`${randomUUID()}|read-write`).toString('base64'),
};

beforeAll(() => {
  Object.values(tokens).forEach(recordToken);
});

/** It happened: commander's error messages repeat what they do not know or take. */
describe('a token given as an argument by mistake', () => {
  it.each<{ what: string; args: (token: string) => string[] }>([
    { what: 'as an e-mail address', args: (token) => ['pat', 'create', '--data', 'x', '--email', token] },
    { what: 'as a command', args: (token) => [token] },
    { what: 'as a subcommand', args: (token) => ['ci-token', token] },
    { what: 'with a flag that is not there', args: (token) => ['ci-token', 'import', `--token=${token}`] },
    { what: 'behind --token-stdin', args: (token) => ['ci-token', 'import', '--data', 'x', '--token-stdin', token] },
    { what: 'as the id', args: (token) => ['ci-token', 'revoke', '--data', 'x', '--id', token] },
    { what: 'as the data folder', args: (token) => ['start', '--data', token] },
    { what: 'before --help', args: (token) => ['help', token] },
  ])('$what is refused and not repeated', async ({ args }) => {
    for (const token of Object.values(tokens)) {
      const { exitCode, stdout, stderr } = await nxkeyServer(args(token));
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(
        /^error: A token does not belong on the command line: .*\nRevoke it: .*--token-stdin\.\n$/,
      );
      expect(stderr).not.toContain(token);
    }
  });

  it('is not seen in what only looks like one', async () => {
    const { exitCode, stderr } = await nxkeyServer([
      'pat',
      'create',
      '--data',
      'nxp_data',
      '--email',
      'ada@nxc_.example',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There is no nxkey-server database in nxp_data');
  });
});
