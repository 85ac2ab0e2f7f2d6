import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFileAtomically } from '../../src/files/atomic-write.js';
import { FileNotWritten, refusal } from '../../src/files/file-errors.js';
import { createPrivateFile } from '../../src/files/create-private-file.js';
import { tempDir } from '../support/temp-dir.js';

const onWindows = process.platform === 'win32';
const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe('writeFileAtomically', () => {
  it('makes a new file, and leaves nothing else in the folder', async () => {
    const folder = tempDir();
    await writeFileAtomically(join(folder, 'file'), 'content');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('content');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('replaces a file by a new one instead of writing into it', async () => {
    const path = join(tempDir(), 'file');
    writeFileSync(path, 'old');
    const before = statSync(path).ino;
    await writeFileAtomically(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).ino).not.toBe(before);
  });

  it.skipIf(onWindows).each([0o600, 0o640, 0o664, 0o755])(
    'keeps the permissions of a file, such as %o',
    async (mode) => {
      const path = join(tempDir(), 'file');
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      await writeFileAtomically(path, 'new');
      expect(modeOf(path)).toBe(mode);
    },
  );

  it.skipIf(onWindows)('gives a file the permissions that are asked for, new or not, whatever the umask', async () => {
    const path = join(tempDir(), 'file');
    const umask = process.umask(0o077);
    onTestFinished(() => {
      process.umask(umask);
    });
    await writeFileAtomically(path, 'one', { mode: 0o644 });
    expect(modeOf(path)).toBe(0o644);
    await writeFileAtomically(path, 'two', { mode: 0o600 });
    expect(modeOf(path)).toBe(0o600);
  });

  it.skipIf(onWindows)('replaces the target of a symbolic link, also in another folder, and not the link', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'file'), 'old');
    symlinkSync(join('real', 'file'), join(folder, 'link'));
    await writeFileAtomically(join(folder, 'link'), 'new');
    expect(readlinkSync(join(folder, 'link'))).toBe(join('real', 'file'));
    expect(readFileSync(join(folder, 'real', 'file'), 'utf8')).toBe('new');
    expect(lstatSync(join(folder, 'real', 'file')).isSymbolicLink()).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });

  it.runIf(process.getuid?.() === 0)("keeps a file's owner when root replaces it", async () => {
    const path = join(tempDir(), 'file');
    writeFileSync(path, 'old');
    chownSync(path, 1234, 5678);
    await writeFileAtomically(path, 'new');
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 5678 });
  });

  it('leaves a file alone that was changed meanwhile', async () => {
    const folder = tempDir();
    const path = join(folder, 'file');
    writeFileSync(path, "somebody else's");
    await expect(writeFileAtomically(path, 'new', { expected: Buffer.from('what was read') })).rejects.toThrow(
      `${path} was changed by somebody else in the meantime, so it was left alone.`,
    );
    expect(readFileSync(path, 'utf8')).toBe("somebody else's");
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('does not bring back a file that was deleted meanwhile', async () => {
    const folder = tempDir();
    const write = writeFileAtomically(join(folder, 'file'), 'new', { expected: Buffer.from('what was read') });
    await expect(write).rejects.toBeInstanceOf(FileNotWritten);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that the folder does not exist', async () => {
    const path = join(tempDir(), 'missing', 'file');
    await expect(writeFileAtomically(path, 'new')).rejects.toMatchObject({
      message: `${path} could not be written: its folder does not exist.`,
    });
  });

  it('leaves a folder alone that has the name, and no temporary file beside it', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'file'));
    await expect(writeFileAtomically(join(folder, 'file'), 'new')).rejects.toBeInstanceOf(FileNotWritten);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.skipIf(onWindows)('says that a folder may not be written to, and leaves the file as it was', async () => {
    const folder = tempDir();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o666);
    chmodSync(folder, 0o555);
    await asOrdinaryUser(async () => {
      await expect(writeFileAtomically(path, 'new')).rejects.toMatchObject({
        message: expect.stringContaining('you have no permission') as string,
        remedy: expect.stringContaining(folder) as string,
      });
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it.skipIf(onWindows)('does not replace a file that is marked read-only, though its folder would let it', async () => {
    const folder = tempDir();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o444);
    chmodSync(folder, 0o777);
    await asOrdinaryUser(async () => {
      await expect(writeFileAtomically(path, 'new')).rejects.toThrow('you have no permission');
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('createPrivateFile', () => {
  it('makes a file for its owner only', async () => {
    const path = join(tempDir(), 'file');
    await createPrivateFile(path, 'content');
    expect(readFileSync(path, 'utf8')).toBe('content');
    if (!onWindows) expect(modeOf(path)).toBe(0o600);
  });

  it('never replaces a file', async () => {
    const path = join(tempDir(), 'file');
    writeFileSync(path, 'old');
    await expect(createPrivateFile(path, 'new')).rejects.toThrow(`${path} could not be written: it already exists.`);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it.skipIf(onWindows)('does not write through a link, not even a dangling one', async () => {
    const folder = tempDir();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'file'));
    await expect(createPrivateFile(join(folder, 'file'), 'new')).rejects.toBeInstanceOf(FileNotWritten);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });
});

describe('what a refusal of the system means', () => {
  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk is full'],
    ['EROFS', 'the file system is read-only'],
    ['EPERM', 'you have no permission to write the file or to create files in its folder'],
    ['ENOTDIR', 'a part of the path is a file, not a folder'],
    ['EISDIR', 'it is a folder'],
    ['EBUSY', 'another program is using it'],
  ])('is said for %s', (code, reason) => {
    const error = refusal('/repo/nx.json', Object.assign(new Error('raw'), { code }));
    expect(error.message).toBe(`/repo/nx.json could not be written: ${reason}.`);
    expect(error.remedy).toMatch(/\S/);
  });

  it("is the system's own text for all others", () => {
    const error = refusal('/repo/nx.json', Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }));
    expect(error.message).toBe('/repo/nx.json could not be written: EIO: i/o error, fsync.');
  });
});

/** Permissions say nothing to root, as whom tests run in containers: the kernel is told another user for the while. */
async function asOrdinaryUser(action: () => Promise<void>): Promise<void> {
  const nobody = 65_534;
  const asRoot = process.getuid?.() === 0;
  if (asRoot) process.seteuid?.(nobody);
  try {
    await action();
  } finally {
    if (asRoot) process.seteuid?.(0);
  }
}
