import { beforeEach, expect, it } from 'vitest';
import type { ArtifactRepository } from '../../src/domain/artifacts.js';
import type { Artifact } from '../../src/domain/model.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;
const isolated = 'isolated/t1';

/** What every database has to do with artifacts. `other` is a second connection to the same data. */
export function testArtifacts(database: () => Database, other: () => Database): void {
  const artifacts = (): ArtifactRepository => database().artifacts;

  beforeEach(async () => {
    await database().organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
    for (const id of ['w1', 'w2']) {
      const workspace = { id, organizationId: 'o1', name: id, nxCloudId: id, createdAt: now, ...presets.default };
      await database().workspaces.insert(workspace);
    }
  });

  /** Its hash and its blob have one name, unless told otherwise. */
  const artifact = (name: string, change: Partial<Artifact> = {}): Artifact => ({
    workspaceId: 'w1',
    scope: 'trusted',
    hash: name,
    blobId: `blob-${name}`,
    size: 10,
    writer: { kind: 'ci-token', id: 't1' },
    createdAt: now,
    lastReadAt: now,
    ...change,
  });

  /** The hashes of all that are there, of w1 unless told otherwise. */
  async function left(hashes: readonly string[], workspaceId = 'w1'): Promise<string[]> {
    const scopes = ['trusted', isolated];
    const found = await Promise.all(hashes.map((hash) => artifacts().find({ workspaceId, hash }, scopes)));
    return hashes.filter((_, index) => found[index] !== null);
  }

  it('finds an artifact as it was published, in its own workspace and scope', async () => {
    const anonymous = artifact('a', { writer: { kind: 'anonymous', id: null }, size: 5 * 2 ** 40, scope: isolated });
    expect(await artifacts().publish([anonymous])).toEqual([true]);
    expect(await other().artifacts.find({ workspaceId: 'w1', hash: 'a' }, ['trusted', isolated])).toEqual(anonymous);
    expect(await artifacts().find({ workspaceId: 'w1', hash: 'a' }, ['trusted'])).toBeNull();
    expect(await artifacts().find({ workspaceId: 'w2', hash: 'a' }, [isolated])).toBeNull();
    expect(await artifacts().find({ workspaceId: 'w1', hash: 'b' }, [isolated])).toBeNull();
    expect(await artifacts().find({ workspaceId: 'w1', hash: 'a' }, [])).toBeNull();
  });

  it('finds that of the first scope which has one', async () => {
    const [inTrusted, inIsolated] = [artifact('a'), artifact('a', { scope: isolated, blobId: 'other' })];
    await artifacts().publish([inIsolated, inTrusted]);
    const find = (...scopes: string[]) => artifacts().find({ workspaceId: 'w1', hash: 'a' }, scopes);
    expect(await find('trusted', isolated)).toEqual(inTrusted);
    expect(await find(isolated, 'trusted')).toEqual(inIsolated);
    expect(await find('isolated/t2', isolated)).toEqual(inIsolated);
  });

  it('keeps the first of several with one key, and says for each whether it was that one', async () => {
    await artifacts().publish([artifact('a')]);
    const second = [
      artifact('a', { blobId: 'second' }),
      artifact('b'),
      artifact('b', { blobId: 'third' }),
      artifact('a', { workspaceId: 'w2', blobId: 'fourth' }),
    ];
    expect(await artifacts().publish(second)).toEqual([false, true, false, true]);
    expect(await artifacts().find({ workspaceId: 'w1', hash: 'a' }, ['trusted'])).toEqual(artifact('a'));
    expect(await artifacts().find({ workspaceId: 'w1', hash: 'b' }, ['trusted'])).toEqual(artifact('b'));
    expect(await artifacts().publish([])).toEqual([]);
  });

  it('lets one of several who publish at once on both connections win', async () => {
    const attempts = [database(), other(), database(), other()].map(({ artifacts: repository }, index) =>
      repository.publish([artifact('a', { blobId: `blob-${index}` })]),
    );
    expect((await Promise.all(attempts)).flat().filter(Boolean)).toHaveLength(1);
  });

  it('publishes all or none', async () => {
    const nowhere = artifact('b', { workspaceId: 'no such workspace' });
    await expect(artifacts().publish([artifact('a'), nowhere])).rejects.toThrow();
    expect(await left(['a', 'b'])).toEqual([]);
  });

  it('writes down when artifacts were read, and never sets that back', async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `a${index}`);
    await artifacts().publish(names.slice(0, 500).map((name) => artifact(name)));
    await artifacts().publish(names.slice(500).map((name) => artifact(name)));
    await artifacts().recordReads(names.map((name, index) => ({ blobId: `blob-${name}`, at: now + index })));
    await artifacts().recordReads([
      { blobId: 'blob-a1000', at: now + 5 },
      { blobId: 'unknown', at: now + 5 },
    ]);
    await artifacts().recordReads([]);
    const lastRead = async (hash: string) =>
      (await artifacts().find({ workspaceId: 'w1', hash }, ['trusted']))?.lastReadAt;
    expect(await Promise.all(['a0', 'a7', 'a1000'].map(lastRead))).toEqual([now, now + 7, now + 1000]);
  });

  it('removes those read longest ago, no more of them than are in the way, and at most so many', async () => {
    const names = ['d', 'a', 'c', 'b'];
    await artifacts().publish(names.map((name) => artifact(name, { lastReadAt: now + name.charCodeAt(0) })));
    expect(await artifacts().removeLeastRecentlyRead(0, 10)).toEqual([]);
    const { workspaceId, scope, hash, blobId, size } = artifact('a');
    expect(await artifacts().removeLeastRecentlyRead(1, 10)).toEqual([{ workspaceId, scope, hash, blobId, size }]);
    expect(await left(names)).toEqual(['d', 'c', 'b']);
    expect(await artifacts().removeLeastRecentlyRead(4097, 1)).toHaveLength(1);
    expect(await left(names)).toEqual(['d', 'c']);
    expect(await artifacts().removeLeastRecentlyRead(100_000, 10)).toHaveLength(2);
    expect(await artifacts().removeLeastRecentlyRead(100_000, 10)).toEqual([]);
  });

  it('counts artifacts at what they occupy: a block at least, also when they are empty', async () => {
    expect(await artifacts().occupiedBytes()).toBe(0);
    const sizes = { a: 0, b: 1, c: 4096, d: 4097, e: 0 };
    const all = Object.entries(sizes).map(([name, size], age) => artifact(name, { size, lastReadAt: now + age }));
    await artifacts().publish([...all, artifact('a', { workspaceId: 'w2', blobId: 'other', lastReadAt: now + 9 })]);
    expect(await other().artifacts.occupiedBytes()).toBe(5 * 4096 + 4097);
    expect(await artifacts().removeLeastRecentlyRead(2 * 4096, 10)).toHaveLength(2);
    expect(await left(Object.keys(sizes))).toEqual(['c', 'd', 'e']);
    expect(await artifacts().occupiedBytes()).toBe(3 * 4096 + 4097);
  });

  it('removes those written before a moment, at most so many at a time', async () => {
    const names = ['c', 'b', 'a'];
    await artifacts().publish(names.map((name) => artifact(name, { createdAt: now + name.charCodeAt(0) })));
    const before = now + 'c'.charCodeAt(0);
    expect((await artifacts().removeWrittenBefore(before, 1)).map(({ hash }) => hash)).toEqual(['a']);
    expect((await artifacts().removeWrittenBefore(before, 10)).map(({ hash }) => hash)).toEqual(['b']);
    expect(await artifacts().removeWrittenBefore(before, 10)).toEqual([]);
    expect(await left(names)).toEqual(['c']);
  });

  it('removes a single one by its blob, once', async () => {
    await artifacts().publish([artifact('a'), artifact('b')]);
    const attempts = [database(), other()].map(({ artifacts: repository }) => repository.removeBlob('blob-a'));
    expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1);
    expect(await left(['a', 'b'])).toEqual(['b']);
  });

  it('purges by writer, scope, hash or all, in one workspace, at most so many at a time', async () => {
    const hashes = ['a', 'b', 'c', 'd', 'e'];
    const publishAll = async () => {
      await artifacts().purge('w1', { all: true }, 100);
      await artifacts().publish([
        artifact('a'),
        artifact('b', { writer: { kind: 'ci-token', id: 't2' } }),
        artifact('c', { writer: { kind: 'user', id: 't1' } }),
        artifact('d', { writer: { kind: 'anonymous', id: null } }),
        artifact('e', { scope: isolated, writer: { kind: 'ci-token', id: 't2' } }),
      ]);
    };
    await artifacts().publish(hashes.map((hash) => artifact(hash, { workspaceId: 'w2', blobId: `w2-${hash}` })));
    const cases = [
      [{ writer: { kind: 'ci-token', id: 't2' } }, ['a', 'c', 'd']],
      [{ writer: { kind: 'user', id: 't1' } }, ['a', 'b', 'd', 'e']],
      [{ writer: { kind: 'anonymous', id: null } }, ['a', 'b', 'c', 'e']],
      [{ scope: 'isolated' }, ['a', 'b', 'c', 'd']],
      [{ hash: 'e' }, ['a', 'b', 'c', 'd']],
      [{ all: true }, []],
    ] as const;
    for (const [what, expected] of cases) {
      await publishAll();
      const removed = await artifacts().purge('w1', what, 100);
      expect(removed.map(({ hash }) => hash).sort()).toEqual(
        hashes.filter((hash) => !expected.some((e) => e === hash)),
      );
      expect(await left(hashes)).toEqual(expected);
    }
    await publishAll();
    expect(await artifacts().purge('w1', { all: true }, 3)).toHaveLength(3);
    expect(await artifacts().purge('w1', { all: true }, 3)).toHaveLength(2);
    expect(await left(hashes, 'w2')).toEqual(hashes);
  });

  it('adds up what there is, by scope and by writer', async () => {
    expect(await artifacts().stats('w1')).toEqual({
      artifacts: 0,
      bytes: 0,
      scopes: { trusted: { artifacts: 0, bytes: 0 }, isolated: { artifacts: 0, bytes: 0 } },
      writers: [],
      oldestWrittenAt: null,
      lastReadAt: null,
    });
    const user = { kind: 'user', id: 'u1' } as const;
    const at = (text: string) => Date.parse(text);
    await artifacts().publish([
      artifact('a', { size: 1, createdAt: at('2026-01-02T00:00:00Z'), lastReadAt: at('2026-01-09T00:00:00Z') }),
      artifact('b', { size: 2, createdAt: at('2026-01-03T00:00:00Z'), lastReadAt: at('2026-01-03T00:00:00Z') }),
      artifact('c', { size: 4, createdAt: at('2026-01-04T00:00:00Z'), scope: isolated }),
      artifact('d', { size: 8, createdAt: at('2026-01-01T00:00:00Z'), writer: user }),
      artifact('e', { size: 16, workspaceId: 'w2' }),
    ]);
    expect(await artifacts().stats('w1')).toEqual({
      artifacts: 4,
      bytes: 15,
      scopes: { trusted: { artifacts: 3, bytes: 11 }, isolated: { artifacts: 1, bytes: 4 } },
      writers: [
        { writer: { ...user, name: null }, artifacts: 1, bytes: 8, lastWrittenAt: '2026-01-01T00:00:00.000Z' },
        {
          writer: { kind: 'ci-token', id: 't1', name: null },
          artifacts: 3,
          bytes: 7,
          lastWrittenAt: '2026-01-04T00:00:00.000Z',
        },
      ],
      oldestWrittenAt: '2026-01-01T00:00:00.000Z',
      lastReadAt: '2026-01-09T00:00:00.000Z',
    });
  });

  it('says which blobs it knows', async () => {
    await artifacts().publish([artifact('a'), artifact('b', { workspaceId: 'w2' })]);
    const many = Array.from({ length: 1200 }, (_, index) => `unknown-${index}`);
    expect(await artifacts().known(['blob-a', ...many, 'blob-b'])).toEqual(new Set(['blob-a', 'blob-b']));
    expect(await artifacts().known([])).toEqual(new Set());
  });
}
