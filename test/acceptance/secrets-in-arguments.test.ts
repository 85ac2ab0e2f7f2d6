import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

let personal: string;
const committed = Buffer.from(`${randomUUID()}|read-write`).toString('base64');

const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  recordToken(committed);
  personal = await (await startServer({ atTheEnd })).createPat();
});

/**
 * It happened: `nxkey login <token>` took the token for the name of a server, asked the name servers for it, and
 * repeated it in the error. Commander repeats what it does not know, too.
 */
describe('a token given as an argument by mistake', () => {
  it.each<{ what: string; args: (token: string) => string[] }>([
    { what: 'as the server to log in to', args: (token) => ['login', token, '--storage', 'file'] },
    { what: 'behind --with-token', args: (token) => ['login', '--storage', 'file', '--with-token', token] },
    { what: 'with --with-token=', args: (token) => ['login', '--storage', 'file', `--with-token=${token}`] },
    { what: 'with a flag that is not there', args: (token) => ['login', `--token=${token}`] },
    { what: 'as the place', args: (token) => ['login', '--storage', token] },
    { what: 'as the name of the new token', args: (token) => ['login', 'http://127.0.0.1:9', '--name', token] },
    { what: 'as the server of whoami', args: (token) => ['whoami', token] },
    { what: 'as the server of token', args: (token) => ['token', token] },
    { what: 'as the server to log out of', args: (token) => ['logout', token] },
    { what: 'as a command', args: (token) => [token] },
    { what: 'as the workspace', args: (token) => ['convert-to-nx-cloud-id', token] },
    { what: 'as the id', args: (token) => ['convert-to-nx-cloud-id', '--nx-cloud-id', token] },
    { what: 'as the server to ask', args: (token) => ['convert-to-nx-cloud-id', '--server', token] },
  ])('$what is refused, not repeated, and sent nowhere', async ({ args }) => {
    for (const token of [personal, committed]) {
      const { home, env } = newPerson({ NXKEY_DEBUG: '1' });
      const { code, stdout, stderr } = await run(programs.nxkey, args(token), { env, cwd: home, input: token });
      expect(code).toBe(2);
      // Host names come back in lower case.
      expect(`${stdout}${stderr}`.toLowerCase()).not.toContain(token.toLowerCase());
      expect(stderr).not.toMatch(/\[nxkey\] (GET|POST)/);
    }
  });
});
