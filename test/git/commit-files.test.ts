import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitFiles, refuseCommit } from '../../src/git/commit-files.js';
import { formatToken, maskToken, randomPartLength } from '../../src/protocol/tokens.js';
import { recordOutput, recordToken } from '../support/ledger.js';
import { isRunning } from '../conversion/rotation/secret-store.js';
import { emptyRepository, gitEnvironment, MadeRepository } from './made-repository.js';

/** With a change to nx.json that nobody has staged. */
function repository(): MadeRepository {
  const made = emptyRepository();
  made.commit({ 'nx.json': 'before', 'package.json': '{}', 'other.txt': 'other', 'apps/web.txt': 'web' });
  made.write('nx.json', 'converted');
  return made;
}

const message = 'Take the access token out of nx.json';

async function commit(made: MadeRepository, names = ['nx.json'], branch?: string, env = made.env) {
  const paths = names.map((name) => made.path(name));
  return commitFiles(await made.found(env), { paths, message, branch });
}

/** What a commit changes, by the names of the files. */
function changesIn(made: MadeRepository, revision = 'HEAD'): string[] {
  const names = made.git('diff-tree', '--root', '--no-commit-id', '--name-only', '-r', '-z', revision);
  return names.split('\0').slice(0, -1);
}

function status(made: MadeRepository): string[] {
  return made.git('status', '--porcelain', '-z').split('\0').slice(0, -1);
}

describe('a hook that never ends', () => {
  it('is stopped with all that it has started, and leaves branch, index and files as they were', async () => {
    const made = repository();
    made.hook('pre-commit', 'sleep 600 & echo $! > .git/started; wait');
    const paths = [made.path('nx.json')];
    const request = { paths, message, branch: 'ids', deadlineMs: 4000 };
    await expect(commitFiles(await made.found(), request)).rejects.toMatchObject({
      message: `git commit did not end within 4 seconds in ${made.root}, and was stopped.`,
      remedy: expect.stringContaining('hook run pre-commit') as string,
    });
    expect(isRunning(Number(made.read('.git/started')))).toBe(false);
    expect(existsSync(made.path('.git/index.lock'))).toBe(false);
    expect(made.git('branch', '--format=%(refname:short)').trim()).toBe('main');
    expect(status(made)).toEqual([' M nx.json']);
  });
});

describe('commitFiles', () => {
  it('makes one commit on the current branch, with these files and the message', async () => {
    const made = repository();
    const before = made.git('rev-parse', 'HEAD').trim();
    made.write('package.json', '{ "changed": true }');
    const { commit: made1, branch } = await commit(made, ['nx.json', 'package.json']);
    expect(branch).toBe('main');
    expect(made.git('log', '--format=%H %P %an %B', '-1').trim()).toBe(`${made1} ${before} Ada ${message}`);
    expect(changesIn(made)).toEqual(['nx.json', 'package.json']);
    expect(made.git('show', 'HEAD:nx.json')).toBe('converted');
    expect(status(made)).toEqual([]);
  });

  it('leaves what else is changed or staged as it is', async () => {
    const made = repository();
    made.write('other.txt', 'staged');
    made.write('new.txt', 'new');
    made.git('add', 'other.txt', 'new.txt');
    made.write('other.txt', 'staged, then changed');
    made.git('rm', '--quiet', '--cached', 'package.json');
    rmSync(made.path('apps/web.txt'));
    made.write('untracked.txt', '');
    made.write('intended.txt', '');
    made.git('add', '--intent-to-add', 'intended.txt');
    const others = status(made).filter((line) => !line.endsWith('nx.json'));
    await commit(made);
    expect(changesIn(made)).toEqual(['nx.json']);
    expect(status(made)).toEqual(others);
    expect(made.git('show', ':other.txt')).toBe('staged');
  });

  it('commits the file as it is in the work tree, whatever of it was staged', async () => {
    const made = repository();
    made.git('add', 'nx.json');
    made.write('nx.json', 'converted later');
    await commit(made);
    expect(made.git('show', 'HEAD:nx.json')).toBe('converted later');
    expect(status(made)).toEqual([]);
  });

  it('makes the first commit of a repository', async () => {
    const made = emptyRepository();
    made.write('nx.json', '{}');
    made.write('other.txt', '');
    made.git('add', 'other.txt');
    expect(await commit(made)).toMatchObject({ branch: 'main' });
    expect(changesIn(made)).toEqual(['nx.json']);
    expect(status(made)).toEqual(['A  other.txt']);
  });

  it('takes files that git does not know yet, or was only told of', async () => {
    const made = repository();
    made.write('new.json', '{}');
    made.write('intended.json', '{}');
    made.git('add', '--intent-to-add', 'intended.json');
    await commit(made, ['nx.json', 'new.json', 'intended.json']);
    expect(changesIn(made)).toEqual(['intended.json', 'new.json', 'nx.json']);
  });

  it('takes a file that is gone', async () => {
    const made = repository();
    rmSync(made.path('other.txt'));
    await commit(made, ['other.txt']);
    expect(made.git('show', '--format=', '--name-status', 'HEAD')).toBe('D\tother.txt\n');
  });

  it.each(['with blanks/nx.json', 'ünïcödé.json', 'line\nbreak.json', 'a*[b]?.json', ':(top)x.json', '-n'])(
    'takes %j and nothing that the name would match as a pattern',
    async (name) => {
      const made = repository();
      made.commit({ [name]: '{}', 'ab1.json': '{}' });
      made.write(name, 'changed');
      made.write('ab1.json', 'changed');
      await commit(made, [name]);
      expect(changesIn(made)).toEqual([name]);
    },
  );

  it('takes an assume-unchanged file, and refuses one that git would pass over', async () => {
    const made = repository();
    made.git('update-index', '--assume-unchanged', 'nx.json');
    await commit(made);
    expect(changesIn(made)).toEqual(['nx.json']);
    made.git('update-index', '--skip-worktree', 'package.json');
    made.write('package.json', 'changed');
    await expect(commit(made, ['package.json'])).rejects.toMatchObject({
      message: `${made.path('package.json')} is marked so that git does not commit its changes.`,
      remedy: `To have them committed: git -C ${made.root} update-index --no-skip-worktree package.json`,
    });
  });

  it('says so when there is nothing to commit', async () => {
    const made = repository();
    await expect(commit(made, ['other.txt'])).rejects.toThrow(`There is nothing to commit in ${made.root}`);
  });

  it('refuses an ignored file, and then knows as little of it as before', async () => {
    const made = repository();
    made.commit({ '.gitignore': 'ignored.json' });
    made.write('ignored.json', '{}');
    await expect(commit(made, ['ignored.json'])).rejects.toThrow(`git add failed in ${made.root}: `);
    expect(status(made)).toEqual([]);
  });
});

describe('commitFiles with a branch', () => {
  it('makes the branch from HEAD and switches to it', async () => {
    const made = repository();
    const before = made.git('rev-parse', 'main');
    expect(await commit(made, ['nx.json'], 'convert/nx-json')).toMatchObject({ branch: 'convert/nx-json' });
    expect(made.git('branch', '--show-current').trim()).toBe('convert/nx-json');
    expect(made.git('rev-parse', 'main')).toBe(before);
    expect(made.git('rev-parse', 'HEAD^')).toBe(before);
  });

  it('goes on with it when it is the current one', async () => {
    const made = repository();
    await commit(made, ['nx.json'], 'convert');
    made.write('nx.json', 'converted again');
    expect(await commit(made, ['nx.json'], 'convert')).toMatchObject({ branch: 'convert' });
    expect(made.git('rev-list', '--count', 'main..convert').trim()).toBe('2');
  });

  it('makes the first commit of a repository on it', async () => {
    const made = emptyRepository();
    made.write('nx.json', '{}');
    expect(await commit(made, ['nx.json'], 'convert')).toMatchObject({ branch: 'convert' });
  });

  it('refuses one that is there already', async () => {
    const made = repository();
    made.git('branch', 'convert');
    await expect(commit(made, ['nx.json'], 'convert')).rejects.toMatchObject({
      message: `There is a branch convert in ${made.root} already.`,
      remedy: 'Give another name, or switch to that branch first.',
    });
    expect(made.git('branch', '--show-current').trim()).toBe('main');
  });

  it.each(['--orphan', 'two words', '..', '-f'])('refuses %j, which is no name for one', async (name) => {
    const made = repository();
    await expect(commit(made, ['nx.json'], name)).rejects.toThrow(
      `git does not take the name of the branch to be made in ${made.root}.`,
    );
    expect(made.git('branch', '--format=%(refname)')).toBe('refs/heads/main\n');
  });

  it.each(['main', 'HEAD^0'])('is back on %s, and the branch gone, when a hook refuses the commit', async (start) => {
    const made = repository();
    made.git('checkout', '--quiet', start);
    made.hook('pre-commit', 'exit 1');
    const before = made.git('rev-parse', '--symbolic-full-name', 'HEAD');
    made.write('new.json', '{}');
    await expect(commit(made, ['nx.json', 'new.json'], 'convert')).rejects.toThrow('git commit failed');
    expect(made.git('rev-parse', '--symbolic-full-name', 'HEAD')).toBe(before);
    expect(made.git('branch', '--list', 'convert')).toBe('');
    expect(status(made)).toEqual([' M nx.json', '?? new.json']);
  });
});

describe('commitFiles where repositories differ', () => {
  it('commits with a detached HEAD', async () => {
    const made = repository();
    made.git('checkout', '--quiet', '--detach');
    const { commit: hash, branch } = await commit(made);
    expect(branch).toBeUndefined();
    expect(made.git('rev-parse', 'HEAD').trim()).toBe(hash);
  });

  it('commits in an added work tree, and leaves the other one alone', async () => {
    const made = repository();
    made.git('worktree', 'add', '--quiet', '../added');
    const added = new MadeRepository(join(made.root, '../added'), made.env);
    added.write('nx.json', 'converted there');
    expect(await commit(added)).toMatchObject({ branch: 'added' });
    expect(status(made)).toEqual([' M nx.json']);
  });

  it('commits in a submodule, and not in the repository around it', async () => {
    const library = emptyRepository('library');
    library.commit({ 'nx.json': '{}' });
    const made = emptyRepository();
    made.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'shared');
    const around = made.commit({});
    const submodule = new MadeRepository(made.path('shared'), made.env);
    submodule.write('nx.json', 'converted');
    await commit(submodule);
    expect(changesIn(submodule)).toEqual(['nx.json']);
    expect(made.git('rev-parse', 'HEAD').trim()).toBe(around);
    expect(status(made)).toEqual([' M shared']);
  });

  it('commits in a sparse checkout, and keeps what that leaves out', async () => {
    const made = repository();
    made.git('sparse-checkout', 'set', '--no-cone', '/nx.json');
    expect(existsSync(made.path('apps/web.txt'))).toBe(false);
    await commit(made);
    expect(changesIn(made)).toEqual(['nx.json']);
    expect(made.git('ls-tree', '-r', '--name-only', 'HEAD')).toContain('apps/web.txt');
  });

  const operations: [string, string, (made: MadeRepository) => void][] = [
    ['a merge', 'A merge', (made) => made.git('merge', 'theirs')],
    ['a rebase', 'A rebase', (made) => made.git('rebase', 'theirs')],
    ['a cherry-pick', 'A cherry-pick', (made) => made.git('cherry-pick', 'theirs')],
    ['a revert', 'A revert', (made) => made.git('revert', '--no-edit', 'HEAD^')],
  ];
  it.each(operations)('refuses to commit in the middle of %s', async (_, named, begin) => {
    const made = repository();
    made.git('checkout', '--quiet', '-b', 'theirs');
    made.commit({ 'nx.json': 'theirs' });
    made.git('checkout', '--quiet', 'main');
    made.commit({ 'nx.json': 'second' });
    made.commit({ 'nx.json': 'third' });
    expect(() => {
      begin(made);
    }).toThrow('Command failed');
    made.write('other.txt', 'changed');
    await expect(commit(made, ['other.txt'])).rejects.toMatchObject({
      message: `${named} is in progress in ${made.root}, so nothing was committed.`,
      remedy: `Finish it or give it up, as this says: git -C ${made.root} status`,
    });
  });

  it('refuses to commit during a bisection', async () => {
    const made = repository();
    made.git('bisect', 'start');
    await expect(commit(made)).rejects.toThrow(`A bisection is in progress in ${made.root}`);
  });

  it('says that the index is locked', async () => {
    const made = repository();
    made.write('.git/index.lock', '');
    await expect(commit(made)).rejects.toThrow(`Another git is at work in ${made.root}, or one was interrupted`);
  });
});

describe('the settings and hooks of the person', () => {
  it('runs the hooks, which see just this commit, and may change its message', async () => {
    const made = repository();
    made.write('other.txt', 'staged');
    made.git('add', 'other.txt');
    made.hook('pre-commit', "git diff --cached --name-only -- '*.json' '*.txt' >seen");
    made.hook('commit-msg', 'echo "Refs: #7" >>"$1"');
    await commit(made);
    expect(made.read('seen')).toBe('nx.json\n');
    expect(made.git('log', '-1', '--format=%B').trim()).toBe(`${message}\nRefs: #7`);
  });

  it('says why a hook refused, in its first line and without what it cannot show', async () => {
    const made = repository();
    made.hook('pre-commit', "printf '\\n\\033[31mlint found 2 problems:\\033[0m\\n  a lot of detail\\n' >&2; exit 3");
    await expect(commit(made)).rejects.toMatchObject({
      name: 'GitFailed',
      message: `git commit failed in ${made.root}: lint found 2 problems.`,
      remedy: expect.stringContaining(`All it says: git -C ${made.root} hook run pre-commit`) as string,
    });
    expect(status(made)).toEqual([' M nx.json']);
  });

  it('masks tokens in what a hook says', async () => {
    const made = repository();
    const token = formatToken('ci', 'H'.repeat(randomPartLength));
    recordToken(token);
    made.hook('pre-commit', `echo "found ${token} in nx.json" >&2; exit 1`);
    const failure = await commit(made).then(() => 'none', String);
    recordOutput('refusal of a hook', failure);
    expect(failure).toBe(`GitFailed: git commit failed in ${made.root}: found ${maskToken(token)} in nx.json.`);
  });

  it('signs as configured, and says when that fails', async () => {
    const made = repository();
    made.git('config', 'commit.gpgsign', 'true');
    made.git('config', 'gpg.program', 'false');
    await expect(commit(made)).rejects.toThrow(`git commit failed in ${made.root}: gpg failed to sign the data.`);
  });

  it('applies the filters of checking in', async () => {
    const made = repository();
    made.git('config', 'filter.upper.clean', 'tr a-z A-Z');
    made.write('.git/info/attributes', 'nx.json filter=upper\n');
    await commit(made);
    expect(made.git('cat-file', 'blob', 'HEAD:nx.json')).toBe('CONVERTED');
  });

  it('says what to type when git does not know the author', async () => {
    const made = repository();
    const env = Object.entries(gitEnvironment(made.path('home'))).filter(
      ([name]) => !/^GIT_(?:AUTHOR|COMM)/.test(name),
    );
    made.git('config', 'user.useConfigOnly', 'true');
    await expect(commit(made, ['nx.json'], undefined, Object.fromEntries(env))).rejects.toMatchObject({
      message: `git does not know whose name to put on the commit in ${made.root}.`,
      remedy: "git config --global user.name 'Your Name' && git config --global user.email you@example.com",
    });
  });

  it('commits where it was told to, also when run by a hook of another repository', async () => {
    const made = repository();
    const other = emptyRepository('other');
    const env = { ...made.env, GIT_DIR: other.path('.git'), GIT_INDEX_FILE: other.path('.git/index') };
    await commit(made, ['nx.json'], undefined, env);
    expect(changesIn(made)).toEqual(['nx.json']);
    expect(other.git('branch', '--all')).toBe('');
  });
});

describe('refuseCommit', () => {
  it('refuses what commitFiles would, before anything is changed', async () => {
    const made = repository();
    const refused = async (branch?: string, env = made.env) =>
      refuseCommit(await made.found(env), { paths: [made.path('nx.json')], branch }).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : undefined),
      );
    expect(await refused()).toBeUndefined();
    expect(await refused('ids')).toBeUndefined();
    expect(await refused('main')).toBeUndefined();

    made.git('branch', 'taken/ids');
    expect(await refused('taken/ids')).toContain('There is a branch taken/ids');
    expect(await refused('two..dots')).toContain('git does not take the name of the branch');
    expect(await refused('--force')).toContain('git does not take the name of the branch');
    const nobody = { ...made.env, EMAIL: '', GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '' };
    expect(await refused(undefined, nobody)).toContain('git does not know whose name');
    made.git('update-index', '--skip-worktree', 'nx.json');
    expect(await refused()).toContain('is marked so that git does not commit its changes');
    made.write('.git/MERGE_HEAD', made.git('rev-parse', 'HEAD'));
    expect(await refused()).toContain('A merge is in progress');
    expect(made.git('branch', '--list').trim().split(/\s+/)).toEqual(['*', 'main', 'taken/ids']);
  });
});
