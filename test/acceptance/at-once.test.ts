import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson, storedToken, tokenWorks } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

describe('several logins of one person at once', () => {
  it('end with one token, which is kept, and all others are revoked', async () => {
    const { env } = newPerson();
    const tokens = [];
    for (let count = 0; count < 3; count++) tokens.push(await server.createPat());
    const args = ['login', server.url, '--with-token', '--storage', 'file'];
    const logins = await Promise.all(tokens.map((input) => run(programs.nxkey, args, { env, input })));
    expect(logins.map(({ code }) => code)).toEqual([0, 0, 0]);

    // By their numbers: a failed comparison would print the tokens.
    const kept = tokens.indexOf(await storedToken(server, { env }));
    const working = [];
    for (const [index, token] of tokens.entries()) if (await tokenWorks(server, token)) working.push(index);
    expect(working).toEqual([kept]);
    expect(await run(programs.nxkey, ['whoami'], { env })).toMatchObject({ code: 0, stdout: 'Ada Lovelace\n' });
  });
});
