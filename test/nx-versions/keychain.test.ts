/** The token in the OS keychain, where `npx nx login` puts it: a run of Nx finds it there. */
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { build, byClientProgram, complaints, newClone, outputOf } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { keyringPart, startKeyring } from '../support/keyring.js';
import { logInByNx } from '../support/person.js';
import { startServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';

describeWith(keyringPart, `Nx ${nxUnderTest.version} on a real gnome-keyring`, () => {
  it('logs in, stores, and hits in the next clone with the token from the keychain', async () => {
    const server = await startServer({ preset: 'open-source' });
    const keyring = await startKeyring();
    onTestFinished(() => keyring.stop());
    const repository = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };
    const first = newClone(repository);
    await logInByNx(server, { home: keyring.env['HOME'] ?? '', env: keyring.env }, first, 'keychain');
    expect(keyring.count('nxkey')).toBe(1);

    // Only a member may write here.
    const built = await build(first, byClientProgram(keyring.env));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([]);
    const second = newClone(repository);
    const hit = await build(second, byClientProgram(keyring.env));
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    expect(outputOf(second)).toBe(repository.source);

    keyring.lock();
    const locked = await build(newClone({ ...repository, source: randomUUID() }), byClientProgram(keyring.env));
    expect(locked).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(locked)).toHaveLength(1);
  });
});
