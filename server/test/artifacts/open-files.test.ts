import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOpenFiles } from '../../src/artifacts/open-files.js';
import { tempDir } from '../../../test/support/temp-dir.js';

/** Node's file handles have this descriptor once they are closed. */
const closed = -1;

describe('open files', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = tempDir();
    for (const name of ['a', 'b', 'c']) writeFileSync(path(name), name.repeat(10));
  });

  it('are shared by all who read them, and stay open when they have', async () => {
    const files = createOpenFiles(2);
    const [first, second] = await Promise.all([files.use(path('a')), files.use(path('a'))]);
    expect(second.file).toBe(first.file);
    expect(first.size).toBe(10);
    await first.release();
    await second.release();
    expect((await files.use(path('a'))).file).toBe(first.file);
    expect(first.file.fd).not.toBe(closed);
    await first.release();
    await files.forgetAll();
    expect(first.file.fd).toBe(closed);
  });

  it('are closed when more than the limit are open: the one first that was asked for longest ago', async () => {
    const files = createOpenFiles(2);
    const a = await files.use(path('a'));
    await a.release();
    const b = await files.use(path('b'));
    await b.release();
    await (await files.use(path('a'))).release();
    const c = await files.use(path('c'));
    expect(b.file.fd).toBe(closed);
    expect(a.file.fd).not.toBe(closed);
    await c.release();
    await files.forgetAll();
  });

  it('stay open for those who are reading when they are removed, and then are not opened again', async () => {
    const files = createOpenFiles(2);
    const { file, release } = await files.use(path('a'));
    rmSync(path('a'));
    await files.forget(path('a'));
    expect((await file.read(Buffer.alloc(10), 0, 10, 0)).bytesRead).toBe(10);
    await release();
    expect(file.fd).toBe(closed);
    await expect(files.use(path('a'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are looked for again after they were not there', async () => {
    const files = createOpenFiles(2);
    await expect(files.use(path('d'))).rejects.toMatchObject({ code: 'ENOENT' });
    writeFileSync(path('d'), 'dd');
    const { size, release } = await files.use(path('d'));
    expect(size).toBe(2);
    await release();
    await files.forgetAll();
  });
});
