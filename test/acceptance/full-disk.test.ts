import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statfsSync, symlinkSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { newPerson, storedToken, tokenWorks, type Person } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { mounting, smallDisk } from '../support/small-disk.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

function fillUp(folder: string): void {
  try {
    writeFileSync(join(folder, 'filler'), Buffer.alloc(64 * 1024));
  } catch {
    // That it does not fit is the purpose.
  }
  expect(statfsSync(folder).bavail).toBe(0);
}

function everythingIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

function personOn(folder: string): Person {
  return newPerson({ XDG_CONFIG_HOME: folder });
}

const logInArgs = (): string[] => ['login', server.url, '--storage', 'file'];

describeWith(mounting, 'a full disk', () => {
  it('is noticed before anybody is sent to a browser, and nothing stays on it', async () => {
    const folder = smallDisk(64);
    fillUp(folder);
    const { code, stderr } = await run(programs.nxkey, logInArgs(), { env: personOn(folder).env });
    expect(code).toBe(1);
    expect(stderr).toContain('the disk is full');
    // Never the temporary file it was tried with, which nobody has heard of.
    expect(stderr).not.toContain('.check-');
    expect(stderr).not.toContain('/device');
    expect(everythingIn(folder)).toEqual(['filler', 'nxkey']);
  });

  it('keeps the earlier login working when it cannot be replaced', async () => {
    const folder = smallDisk(64);
    const { env } = personOn(folder);
    const [first, second] = [await server.createPat(), await server.createPat()];
    const args = [...logInArgs(), '--with-token'];
    expect(await run(programs.nxkey, args, { env, input: first })).toMatchObject({ code: 0 });
    fillUp(folder);
    const before = everythingIn(folder);
    expect(await run(programs.nxkey, args, { env, input: second })).toMatchObject({ code: 1 });
    expect(everythingIn(folder)).toEqual(before);
    expect((await storedToken(server, { env })) === first).toBe(true);
    expect(await tokenWorks(server, first)).toBe(true);
  });

  it('does not keep anybody from taking the token back on the server, and logout says what is left', async () => {
    const folder = smallDisk(64);
    const { env } = personOn(folder);
    const token = await server.createPat();
    await run(programs.nxkey, [...logInArgs(), '--with-token'], { env, input: token });
    fillUp(folder);
    const { code, stderr } = await run(programs.nxkey, ['logout'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('the disk is full');
    expect(stderr).toContain('revoked');
    expect(await tokenWorks(server, token)).toBe(false);

    rmSync(join(folder, 'filler'));
    expect(await run(programs.nxkey, ['logout'], { env })).toMatchObject({ code: 0 });
    expect(await run(programs.nxkey, ['whoami'], { env })).toMatchObject({ code: 4 });
  });

  it('leaves nx.json as it was, also behind a link, and no file of the conversion beside it', async () => {
    const folder = smallDisk(64);
    const token = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(token);
    const nxJson = `{ "nxCloudAccessToken": "${token}" } // ours\n`;
    writeFileSync(join(folder, 'nx.json'), nxJson);
    fillUp(folder);
    const { home, env } = newPerson();
    symlinkSync(join(folder, 'nx.json'), join(home, 'nx.json'));
    const args = ['--nx-cloud-id', '63f1a2b3c4d5e6f708192a3b', '--token-to', 'ci-token.txt'];
    for (const cwd of [folder, home]) {
      const { code, stderr } = await run(programs.convert, args, { env, cwd });
      expect(code).toBe(1);
      expect(stderr).toContain('the disk is full');
    }
    expect(readFileSync(join(folder, 'nx.json'), 'utf8')).toBe(nxJson);
    expect(everythingIn(folder)).toEqual(['filler', 'nx.json']);
    expect(readdirSync(home)).not.toContain('ci-token.txt');
  });
});
