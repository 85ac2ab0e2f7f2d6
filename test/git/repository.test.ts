import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRepository } from '../../src/git/repository.js';
import { tempDir } from '../support/temp-dir.js';
import { emptyRepository } from './made-repository.js';

const env = {};

describe('findRepository', () => {
  it('finds the repository around a folder, without a git to start', async () => {
    const { root } = emptyRepository();
    mkdirSync(join(root, 'apps/web'), { recursive: true });
    const found = { root, gitFolder: join(root, '.git'), env };
    expect(await findRepository(root, env)).toEqual(found);
    expect(await findRepository(join(root, 'apps/web'), env)).toEqual(found);
  });

  it('finds none where there is none', async () => {
    expect(await findRepository(tempDir(), env)).toBeUndefined();
  });

  it('finds an added work tree, which has a file instead of the folder', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': '{}' });
    made.git('worktree', 'add', '--quiet', '../added');
    const root = join(made.root, '../added');
    expect(await findRepository(root, env)).toEqual({ root, gitFolder: made.path('.git/worktrees/added'), env });
  });

  it('finds a submodule rather than the repository around it', async () => {
    const library = emptyRepository('library');
    library.commit({ 'nx.json': '{}' });
    const made = emptyRepository();
    made.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'libs/shared');
    const root = made.path('libs/shared');
    expect(await findRepository(root, env)).toEqual({ root, gitFolder: made.path('.git/modules/libs/shared'), env });
    expect(await findRepository(made.path('libs'), env)).toMatchObject({ root: made.root });
  });

  it('follows a link to the folder that the files are really in', async () => {
    const made = emptyRepository();
    mkdirSync(made.path('apps'));
    const link = join(tempDir(), 'link');
    symlinkSync(made.path('apps'), link);
    expect(await findRepository(link, env)).toMatchObject({ root: made.root });
  });

  it('passes by a folder that only has the name, as git does', async () => {
    const made = emptyRepository();
    mkdirSync(made.path('apps/.git'), { recursive: true });
    expect(await findRepository(made.path('apps'), env)).toMatchObject({ root: made.root });
  });

  it('says so when a work tree has lost its repository', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': '{}' });
    made.git('worktree', 'add', '--quiet', '../added');
    renameSync(made.root, `${made.root}-moved`);
    const root = join(made.root, '../added');
    await expect(findRepository(root, env)).rejects.toMatchObject({
      name: 'UserError',
      message: `${root}/.git names ${made.path('.git/worktrees/added')}, where there is no git repository.`,
      remedy: expect.stringContaining('git worktree repair') as unknown,
    });
  });

  it.each(['', 'gitdir: ', 'something else\n'])('says so when a .git file is none of those: %j', async (content) => {
    const folder = tempDir();
    writeFileSync(join(folder, '.git'), content);
    await expect(findRepository(folder, env)).rejects.toThrow(
      `${folder}/.git is a file, and does not name the folder of a git repository.`,
    );
  });

  it('says so when the folder itself is not there', async () => {
    const folder = join(tempDir(), 'gone');
    await expect(findRepository(folder, env)).rejects.toThrow(`${folder} cannot be looked at.`);
  });
});
