import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyLengthError, type ArtifactStore, type OpenBlob } from '../../src/artifacts/artifact-store.js';

const kib = 1024;
const mib = 1024 * kib;

/** As a request's body comes: in pieces of no particular size. */
export function bodyOf(content: Buffer, { pieceBytes = 60_000 } = {}): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) pieces.push(content.subarray(at, at + pieceBytes));
  return Readable.from(pieces, { objectMode: false });
}

/** Gives these bytes, and then its connection breaks. */
export function breakingBody(content: Buffer): Readable {
  let isSent = false;
  return new Readable({
    read() {
      if (isSent) this.destroy(new Error('aborted'));
      else this.push(content);
      isSent = true;
    },
  });
}

/** All pieces, copied: each is valid until the next one only. */
export async function allOf(blob: Pick<OpenBlob, 'pieces' | 'close'>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of blob.pieces()) pieces.push(Buffer.from(piece));
  await blob.close();
  return Buffer.concat(pieces);
}

const noneIsKnown = () => Promise.resolve(new Set<string>());

/** What every artifact store has to do. `create` makes room for one; `open` opens it, again after a restart. */
export function testArtifactStore({ create }: { create: () => Promise<{ open: () => Promise<ArtifactStore> }> }): void {
  let store: ArtifactStore;
  let restarted: () => Promise<ArtifactStore>;
  const opened: ArtifactStore[] = [];

  beforeEach(async () => {
    const { open } = await create();
    restarted = async () => {
      const another = await open();
      opened.push(another);
      return another;
    };
    store = await restarted();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  async function blob(blobId: string, from = store): Promise<OpenBlob> {
    const found = await from.open(blobId);
    if (found === null) throw new Error('There is no such blob.');
    return found;
  }

  async function exists(blobId: string, from: ArtifactStore): Promise<boolean> {
    const found = await from.open(blobId);
    await found?.close();
    return found !== null;
  }

  /** Of all blobs, including those that nobody was told of. */
  async function count(): Promise<number> {
    return await (await restarted()).sweep(noneIsKnown);
  }

  describe('what was written', () => {
    const sizes = [0, 1, 64 * kib, 64 * kib + 1, 128 * kib, mib - 1, mib, mib + 1, 3 * mib + 17];

    it.each(sizes)('is read again, in pieces and whole: %d bytes', async (size) => {
      const content = randomBytes(size);
      const id = await store.write(bodyOf(content), size);
      const found = await blob(id);
      expect(found.size).toBe(size);
      expect((await found.bytes()).equals(content)).toBe(true);
      expect((await allOf(found)).equals(content)).toBe(true);
    });

    it('is there after a restart', async () => {
      const content = randomBytes(100);
      const id = await store.write(bodyOf(content), 100);
      expect((await allOf(await blob(id, await restarted()))).equals(content)).toBe(true);
    });

    it('gets an id of its own each time, also when it is the same', async () => {
      const content = randomBytes(100);
      const ids = await Promise.all(Array.from({ length: 50 }, () => store.write(bodyOf(content), 100)));
      expect(new Set(ids).size).toBe(50);
    });

    it('is not mixed up when many write and read at once', async () => {
      const contents = Array.from({ length: 24 }, (_, index) => randomBytes(index * 100 * kib));
      const ids = await Promise.all(contents.map((content) => store.write(bodyOf(content), content.length)));
      const read = await Promise.all(ids.map(async (id) => await allOf(await blob(id))));
      expect(read.map((content, index) => content.equals(contents[index] ?? Buffer.of(0)))).toEqual(
        contents.map(() => true),
      );
    });
  });

  describe('a body that is not what was announced', () => {
    const content = randomBytes(200 * kib);

    it('is refused when it ends early, and nothing of it stays', async () => {
      await expect(store.write(bodyOf(content), content.length + 1)).rejects.toBeInstanceOf(BodyLengthError);
      await expect(store.write(bodyOf(Buffer.alloc(0)), 1)).rejects.toThrow('ended after 0 of 1 bytes');
      expect(await count()).toBe(0);
    });

    it('is refused as soon as it goes on too long, and nothing of it stays', async () => {
      await expect(store.write(bodyOf(content), content.length - 1)).rejects.toBeInstanceOf(BodyLengthError);
      await expect(store.write(bodyOf(content), 0)).rejects.toBeInstanceOf(BodyLengthError);
      expect(await count()).toBe(0);
    });

    it('is refused when its connection breaks, and nothing of it stays', async () => {
      await expect(store.write(breakingBody(content), 2 * mib)).rejects.toMatchObject({
        name: 'BodyLengthError',
        cause: expect.objectContaining({ message: 'aborted' }) as unknown,
      });
      const gone = bodyOf(content);
      gone.destroy();
      await expect(store.write(gone, content.length)).rejects.toBeInstanceOf(BodyLengthError);
      expect(await count()).toBe(0);
    });

    it('is not destroyed, so that its sender can be answered', async () => {
      const body = bodyOf(content);
      await expect(store.write(body, 10)).rejects.toBeInstanceOf(BodyLengthError);
      expect(body.destroyed).toBe(false);
    });
  });

  describe('reading', () => {
    it('finds nothing under an id that was never given', async () => {
      const id = await store.write(bodyOf(Buffer.alloc(1)), 1);
      for (const unknown of ['', '.', '..', '../../etc/passwd', `${id}x`, id.toUpperCase(), `${id}/..`, `${id}\0`]) {
        expect(await store.open(unknown)).toBeNull();
      }
    });

    it('goes on to the end when the blob is removed meanwhile', async () => {
      const content = randomBytes(3 * mib);
      const id = await store.write(bodyOf(content), content.length);
      const found = await blob(id);
      const pieces = found.pieces()[Symbol.asyncIterator]();
      const first = Buffer.from((await pieces.next()).value as Buffer);
      await store.remove([id]);
      expect(await store.open(id)).toBeNull();
      const rest: Buffer[] = [];
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
        rest.push(Buffer.from(next.value));
      }
      await found.close();
      expect(Buffer.concat([first, ...rest]).equals(content)).toBe(true);
    });

    it('is not held up by many who stopped half way', async () => {
      const content = randomBytes(mib);
      const id = await store.write(bodyOf(content), mib);
      const slow = await Promise.all(Array.from({ length: 100 }, () => blob(id)));
      const iterators = slow.map((one) => one.pieces()[Symbol.asyncIterator]());
      for (const iterator of iterators) await iterator.next();
      expect((await allOf(await blob(id))).equals(content)).toBe(true);
      for (const iterator of iterators) await iterator.return?.();
      for (const one of slow) await one.close();
      expect((await allOf(await blob(id))).equals(content)).toBe(true);
    });
  });

  describe('removing', () => {
    it('removes what is there of them, and nothing else', async () => {
      const ids = await Promise.all([1, 2, 3].map((size) => store.write(bodyOf(Buffer.alloc(size)), size)));
      const [first = '', second = '', third = ''] = ids;
      await store.remove([first, second]);
      await store.remove([first, 'unknown', '../../etc/passwd']);
      expect(await store.open(first)).toBeNull();
      expect(await store.open(second)).toBeNull();
      expect((await allOf(await blob(third))).length).toBe(3);
    });

    it('sweeps away what an earlier process left and nobody knows of, and leaves the rest', async () => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => store.write(bodyOf(Buffer.alloc(5)), 5)));
      const next = await restarted();
      const own = await next.write(bodyOf(Buffer.alloc(6)), 6);
      const isKnown = new Set(ids.slice(0, 5));
      const known = (blobIds: readonly string[]) => Promise.resolve(new Set(blobIds.filter((id) => isKnown.has(id))));
      expect(await next.sweep(known)).toBe(15);
      const found = await Promise.all([...ids, own].map((id) => exists(id, next)));
      expect(found).toEqual([...ids.map((id) => isKnown.has(id)), true]);
      expect(await next.sweep(known)).toBe(0);
    });

    it('stops sweeping when asked to', async () => {
      await store.write(bodyOf(Buffer.alloc(5)), 5);
      expect(await (await restarted()).sweep(noneIsKnown, { signal: AbortSignal.abort() })).toBe(0);
      expect(await count()).toBe(1);
    });

    it('sweeps nothing when it cannot be told what is known', async () => {
      const id = await store.write(bodyOf(Buffer.alloc(5)), 5);
      const next = await restarted();
      const failure = new Error('the database is away');
      await expect(next.sweep(() => Promise.reject(failure))).rejects.toBe(failure);
      await (await blob(id, next)).close();
    });
  });
}
