import { describe, expect, it } from 'vitest';
import { logInWithToken, newPerson, tokenWorks } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer } from '../support/server.js';

describe('nxkey logout', () => {
  it('revokes the token on the server and forgets it', async () => {
    const server = await startServer();
    const person = newPerson();
    const token = await logInWithToken(server, person);
    const logout = await run(programs.nxkey, ['logout'], { env: person.env });
    expect(logout).toMatchObject({ code: 0, stdout: '' });
    expect(await tokenWorks(server, token)).toBe(false);
    expect(await run(programs.nxkey, ['token'], { env: person.env })).toMatchObject({ code: 4, stdout: '' });
    expect(await run(programs.nxkey, ['logout'], { env: person.env })).toMatchObject({ code: 0 });
  });

  it('forgets the token when the server is down, says that it still lives and where to revoke it, and exits with 1', async () => {
    const server = await startServer();
    const person = newPerson();
    const token = await logInWithToken(server, person);
    await server.stop();
    const logout = await run(programs.nxkey, ['logout'], { env: person.env });
    expect(logout.code).toBe(1);
    expect(logout.stderr).toContain('still valid on the server');
    expect(logout.stderr).toContain(`${server.url}/tokens`);
    expect(await run(programs.nxkey, ['token'], { env: person.env })).toMatchObject({ code: 4 });
    await server.restart();
    expect(await tokenWorks(server, token)).toBe(true);
  });

  it('names the servers instead of guessing when there are several and no terminal', async () => {
    const [one, two] = [await startServer(), await startServer()];
    const person = newPerson();
    const tokens = [await logInWithToken(one, person), await logInWithToken(two, person)];
    const unclear = await run(programs.nxkey, ['logout'], { env: person.env });
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain(one.url);
    expect(unclear.stderr).toContain(two.url);

    expect(await run(programs.nxkey, ['logout', one.url], { env: person.env })).toMatchObject({ code: 0 });
    expect(await tokenWorks(one, tokens[0] ?? '')).toBe(false);
    expect(await tokenWorks(two, tokens[1] ?? '')).toBe(true);

    expect(await run(programs.nxkey, ['logout', '--all'], { env: person.env })).toMatchObject({ code: 0 });
    expect(await tokenWorks(two, tokens[1] ?? '')).toBe(false);
  });
});
