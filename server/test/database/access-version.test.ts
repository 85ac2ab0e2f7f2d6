import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import type { Artifact } from '../../src/domain/model.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';

const organization = { id: 'o1', slug: 'acme', name: 'Acme', createdAt: 1 };
const workspace = {
  ...{ id: 'w1', organizationId: 'o1', name: 'shop', nxCloudId: '0123456789abcdef01234567', createdAt: 1 },
  ...presets.recommended,
};
const artifact: Artifact = {
  ...{ workspaceId: 'w1', scope: 'trusted', hash: '1', blobId: 'b1', size: 1, createdAt: 1, lastReadAt: 1 },
  writer: { kind: 'ci-token', id: 't1' },
};

describe('the version of what decides about access', () => {
  let database: Database;
  let otherProcess: Database;

  beforeEach(async () => {
    const folder = tempDir();
    database = await openSqliteDatabase(folder);
    otherProcess = await openSqliteDatabase(folder);
    await database.organizations.insert(organization);
    await database.workspaces.insert(workspace);
  });

  afterEach(async () => {
    await database.close();
    await otherProcess.close();
  });

  async function isChangedBy(work: () => Promise<unknown>): Promise<boolean> {
    const before = database.accessVersion();
    await work();
    return database.accessVersion() !== before;
  }

  it('changes with a setting, in this process and in another', async () => {
    const open = presets['open-source'];
    expect(await isChangedBy(() => database.workspaces.setAccess('w1', open))).toBe(true);
    expect(await isChangedBy(() => otherProcess.workspaces.setAccess('w1', presets.default))).toBe(true);
  });

  it('changes with each of several changes within one transaction', async () => {
    await database.transaction(async ({ workspaces }) => {
      for (const preset of [presets.default, presets.recommended]) {
        expect(await isChangedBy(() => workspaces.setAccess('w1', preset))).toBe(true);
      }
    });
  });

  it('stays when nothing is written, and when artifacts, reads, attempts and unclaimed workspaces are', async () => {
    expect(await isChangedBy(() => database.workspaces.findByNxCloudId(workspace.nxCloudId))).toBe(false);
    expect(await isChangedBy(() => database.artifacts.publish([artifact]))).toBe(false);
    expect(await isChangedBy(() => database.artifacts.removeBlob('b1'))).toBe(false);
    expect(await isChangedBy(() => database.attempts.insert({ id: 'a', kind: 'k', subject: 's', at: 1 }))).toBe(false);
    // Anybody may make one: they must not make the server forget what it knows, again and again.
    const unclaimed = { nxCloudId: 'x', name: 'shop', claimCodeHash: null, ipAddress: '192.0.2.7', createdAt: 1 };
    expect(await isChangedBy(() => database.unclaimedWorkspaces.insert(unclaimed))).toBe(false);
  });
});
