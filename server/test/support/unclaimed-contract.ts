import { expect, it } from 'vitest';
import type { UnclaimedWorkspace } from '../../src/domain/model.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;

/** What every database has to do with workspaces that nobody owns yet. Both are of one database. */
export function testUnclaimedWorkspaces(database: () => Database, other: () => Database): void {
  const unclaimed = (change: Partial<UnclaimedWorkspace> = {}): UnclaimedWorkspace => ({
    nxCloudId: 'x',
    name: 'shop',
    claimCodeHash: null,
    ipAddress: '192.0.2.7',
    createdAt: now,
    ...change,
  });
  /** How many of several attempts, made at once on both connections, were the one that changed the row. */
  async function winners(attempt: (database: Database) => Promise<boolean>): Promise<number> {
    const results = await Promise.all([database(), other(), database(), other()].map(attempt));
    return results.filter(Boolean).length;
  }

  it('gives one back as it was written, by its id and by its claim code, and as no workspace', async () => {
    const { unclaimedWorkspaces } = database();
    await unclaimedWorkspaces.insert(unclaimed());
    await unclaimedWorkspaces.insert(unclaimed({ nxCloudId: 'y', claimCodeHash: 'h' }));
    expect(await other().unclaimedWorkspaces.find('x')).toEqual(unclaimed());
    expect(await unclaimedWorkspaces.findByClaimCode('h')).toEqual(unclaimed({ nxCloudId: 'y', claimCodeHash: 'h' }));
    expect(await unclaimedWorkspaces.findByClaimCode('none')).toBeNull();
    expect(await unclaimedWorkspaces.find('z')).toBeNull();
    expect(await unclaimedWorkspaces.count()).toBe(2);
    expect(await database().workspaces.findByNxCloudId('x')).toBeNull();
  });

  it('keeps an nxCloudId for one', async () => {
    await database().unclaimedWorkspaces.insert(unclaimed());
    await expect(other().unclaimedWorkspaces.insert(unclaimed({ name: 'other' }))).rejects.toThrow();
  });

  it('gives it one claim code, and keeps the first', async () => {
    await database().unclaimedWorkspaces.insert(unclaimed());
    let hash = 0;
    expect(await winners(({ unclaimedWorkspaces }) => unclaimedWorkspaces.setClaimCode('x', `h${hash++}`))).toBe(1);
    const first = (await database().unclaimedWorkspaces.find('x'))?.claimCodeHash;
    expect(first).toMatch(/^h\d$/);
    expect(await database().unclaimedWorkspaces.setClaimCode('x', 'later')).toBe(false);
    expect(await database().unclaimedWorkspaces.find('x')).toEqual(unclaimed({ claimCodeHash: first ?? '' }));
    expect(await database().unclaimedWorkspaces.setClaimCode('none', 'h')).toBe(false);
  });

  it('lets one of several racing removals be the one', async () => {
    await database().unclaimedWorkspaces.insert(unclaimed());
    expect(await winners(({ unclaimedWorkspaces }) => unclaimedWorkspaces.remove('x'))).toBe(1);
    expect(await database().unclaimedWorkspaces.find('x')).toBeNull();
  });

  it('removes the old ones', async () => {
    const { unclaimedWorkspaces } = database();
    await unclaimedWorkspaces.insert(unclaimed());
    await unclaimedWorkspaces.insert(unclaimed({ nxCloudId: 'y', createdAt: now + 1 }));
    await unclaimedWorkspaces.removeOlder(now);
    expect(await unclaimedWorkspaces.find('x')).toBeNull();
    expect(await unclaimedWorkspaces.find('y')).not.toBeNull();
  });
}
