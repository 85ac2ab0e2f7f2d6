import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentAtHead, uncommittedChanges } from '../../src/git/uncommitted-changes.js';
import { tempDir } from '../support/temp-dir.js';
import { emptyRepository, type MadeRepository } from './made-repository.js';

function repository(): MadeRepository {
  const made = emptyRepository();
  made.commit({ 'nx.json': '{}\n', 'package.json': '{}\n', 'other.txt': 'other\n' });
  return made;
}

async function changesOf(made: MadeRepository, ...names: string[]): Promise<string[]> {
  const paths = names.map((name) => made.path(name));
  return (await uncommittedChanges(await made.found(), paths)).map((path) => path.slice(made.root.length + 1));
}

describe('uncommittedChanges', () => {
  it('finds none where everything is committed, and asks for nothing when there is nothing to ask', async () => {
    expect(await changesOf(repository(), 'nx.json', 'package.json')).toEqual([]);
    expect(await changesOf(repository())).toEqual([]);
  });

  it('tells of the files that were asked about, and of no others', async () => {
    const made = repository();
    made.write('nx.json', '{ "changed": true }');
    made.write('other.txt', 'changed');
    expect(await changesOf(made, 'package.json', 'nx.json')).toEqual(['nx.json']);
  });

  const changes: [string, (made: MadeRepository) => void][] = [
    ['changed', (made) => made.write('nx.json', 'changed')],
    ['staged', (made) => (made.write('nx.json', 'changed'), made.git('add', 'nx.json'))],
    [
      'staged, and put back in the work tree',
      (made) => (made.write('nx.json', 'changed'), made.git('add', 'nx.json'), made.write('nx.json', '{}\n')),
    ],
    [
      'deleted',
      (made) => {
        rmSync(made.path('nx.json'));
      },
    ],
    ['taken out of the index', (made) => made.git('rm', '--quiet', '--cached', 'nx.json')],
    ['staged as executable', (made) => made.git('update-index', '--chmod=+x', 'nx.json')],
    [
      'changed and marked assume-unchanged',
      (made) => (made.git('update-index', '--assume-unchanged', 'nx.json'), made.write('nx.json', 'changed')),
    ],
    [
      'changed and marked skip-worktree',
      (made) => (made.git('update-index', '--skip-worktree', 'nx.json'), made.write('nx.json', 'changed')),
    ],
  ];
  it.each(changes)('finds a file that is %s', async (_, change) => {
    const made = repository();
    change(made);
    expect(await changesOf(made, 'nx.json')).toEqual(['nx.json']);
  });

  it('finds a file that git does not know, be it ignored, and one that it was only told of', async () => {
    const made = repository();
    made.write('.gitignore', 'ignored.json');
    for (const name of ['new.json', 'ignored.json', 'intended.json']) made.write(name, '{}');
    made.git('add', '--intent-to-add', 'intended.json');
    const names = ['new.json', 'ignored.json', 'intended.json'];
    expect(await changesOf(made, ...names)).toEqual(names);
  });

  it('finds a file in conflict, even when the work tree has what HEAD has', async () => {
    const made = repository();
    made.git('switch', '--quiet', '--create', 'theirs');
    made.commit({ 'nx.json': 'theirs' });
    made.git('switch', '--quiet', 'main');
    made.commit({ 'nx.json': 'ours' });
    expect(() => made.git('merge', 'theirs')).toThrow('git merge');
    made.write('nx.json', 'ours');
    expect(await changesOf(made, 'nx.json', 'package.json')).toEqual(['nx.json']);
  });

  it('finds everything before the first commit, but not what is not there at all', async () => {
    const made = emptyRepository();
    made.write('nx.json', '{}');
    expect(await changesOf(made, 'nx.json', 'absent.json')).toEqual(['nx.json']);
  });

  it('takes no line ends that git converts for a change', async () => {
    const made = repository();
    made.git('config', 'core.autocrlf', 'true');
    made.write('nx.json', '{}\r\n');
    expect(await changesOf(made, 'nx.json')).toEqual([]);
    made.write('nx.json', '{ }\r\n');
    expect(await changesOf(made, 'nx.json')).toEqual(['nx.json']);
  });

  it('takes a file that a sparse checkout leaves out for no change', async () => {
    const made = repository();
    made.commit({ 'apps/web/nx.json': '{}' });
    made.git('sparse-checkout', 'set', '--no-cone', '/nx.json');
    expect(existsSync(made.path('apps/web/nx.json'))).toBe(false);
    expect(await changesOf(made, 'apps/web/nx.json', 'nx.json')).toEqual([]);
  });

  it('looks at what a link points to, since that is what would be changed', async () => {
    const made = repository();
    made.write('config/nx.json', '{}');
    rmSync(made.path('nx.json'));
    symlinkSync('config/nx.json', made.path('nx.json'));
    made.commit({});
    expect(await changesOf(made, 'nx.json')).toEqual([]);
    made.write('config/nx.json', 'changed');
    expect(await changesOf(made, 'nx.json')).toEqual(['nx.json']);
  });

  it('refuses a link that leads out of the repository', async () => {
    const made = repository();
    const outside = join(tempDir(), 'nx.json');
    writeFileSync(outside, '{}');
    rmSync(made.path('nx.json'));
    symlinkSync(outside, made.path('nx.json'));
    await expect(changesOf(made, 'nx.json')).rejects.toThrow(
      `${made.path('nx.json')}, which is really ${outside}, is not in the git repository ${made.root}.`,
    );
  });

  it.each([
    'with blanks/nx.json',
    'ünïcödé/nx.json',
    'line\nbreak/nx.json',
    'a*[b]?/nx.json',
    ':(top)/nx.json',
    '-n/-x',
  ])('finds its way to %j', async (name) => {
    const made = repository();
    made.commit({ [name]: '{}', 'ab/nx.json': '{}' });
    expect(await changesOf(made, name)).toEqual([]);
    made.write('ab/nx.json', 'changed');
    expect(await changesOf(made, name)).toEqual([]);
    made.write(name, 'changed');
    expect(await changesOf(made, name)).toEqual([name]);
    expect(await contentAtHead(await made.found(), made.path(name))).toEqual(Buffer.from('{}'));
  });

  it('knows the hashes of a repository made with SHA-256', async () => {
    const made = emptyRepository();
    rmSync(made.path('.git'), { recursive: true });
    made.git('init', '--quiet', '--object-format=sha256');
    made.commit({ 'nx.json': '{}' });
    expect(await changesOf(made, 'nx.json')).toEqual([]);
    made.write('nx.json', 'changed');
    expect(await changesOf(made, 'nx.json')).toEqual(['nx.json']);
  });

  it('works on the repository it was given, also when run by a hook of another one', async () => {
    const made = repository();
    const other = emptyRepository('other');
    made.write('nx.json', 'changed');
    const env = {
      ...made.env,
      GIT_DIR: other.path('.git'),
      GIT_INDEX_FILE: other.path('.git/index'),
      GIT_PREFIX: 'x/',
    };
    const found = await made.found({ ...env, GIT_WORK_TREE: other.root, GIT_ICASE_PATHSPECS: '1' });
    expect(await uncommittedChanges(found, [made.path('nx.json'), made.path('package.json')])).toEqual([
      made.path('nx.json'),
    ]);
  });

  it('runs no program that the configuration of the repository names', async () => {
    const made = repository();
    const ran = made.path('ran');
    const script = made.write('program.sh', `#!/bin/sh\ntouch '${ran}'\ncat\n`);
    for (const key of ['core.fsmonitor', 'filter.planted.clean', 'filter.planted.smudge', 'filter.planted.process']) {
      made.git('config', key, `sh '${script}'`);
    }
    made.write('.gitattributes', '* filter=planted\n');
    made.write('nx.json', '{}  \n');
    expect(await changesOf(made, 'nx.json')).toEqual(['nx.json']);
    expect(await contentAtHead(await made.found(), made.path('nx.json'))).toEqual(Buffer.from('{}\n'));
    expect(existsSync(ran)).toBe(false);
  });

  it('leaves the index alone, and works while another git has it locked', async () => {
    const made = repository();
    // git would note that the content is the same after all.
    utimesSync(made.path('nx.json'), 0, 0);
    const before = readFileSync(made.path('.git/index'));
    made.write('.git/index.lock', '');
    expect(await changesOf(made, 'nx.json')).toEqual([]);
    expect(readFileSync(made.path('.git/index'))).toEqual(before);
  });
});

describe('contentAtHead', () => {
  it('gives what the last commit has, whatever the work tree and the index have', async () => {
    const made = repository();
    made.write('nx.json', 'staged');
    made.git('add', 'nx.json');
    made.write('nx.json', 'changed');
    expect(await contentAtHead(await made.found(), made.path('nx.json'))).toEqual(Buffer.from('{}\n'));
  });

  it('gives bytes, not text', async () => {
    const made = repository();
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0d, 0x0a]);
    made.commit({ binary: bytes });
    expect(await contentAtHead(await made.found(), made.path('binary'))).toEqual(bytes);
  });

  it('gives nothing for a file that is not in it, nor before there is a commit', async () => {
    const made = repository();
    made.write('new.json', '{}');
    expect(await contentAtHead(await made.found(), made.path('new.json'))).toBeUndefined();
    const empty = emptyRepository('empty');
    empty.write('nx.json', '{}');
    expect(await contentAtHead(await empty.found(), empty.path('nx.json'))).toBeUndefined();
  });
});

describe('what git refuses', () => {
  it('is said with the folder and its own reason', async () => {
    const made = repository();
    writeFileSync(made.path('.git/index'), 'damaged, and long enough to be looked at');
    await expect(changesOf(made, 'nx.json')).rejects.toMatchObject({
      message: expect.stringContaining(`git ls-files failed in ${made.root}: `) as unknown,
      remedy: `What git says about this repository: git -C ${made.root} status`,
    });
  });

  it('names the remedy when the repository belongs to somebody else', async () => {
    const made = repository();
    await expect(
      uncommittedChanges(await made.found(asSomebodyElse(made)), [made.path('nx.json')]),
    ).rejects.toMatchObject({
      message: `git refuses to work in ${made.root}, since it belongs to another user of this computer.`,
      remedy: `If you trust what is in it: git config --global --add safe.directory ${made.root}`,
    });
  });

  it('says that git is missing', async () => {
    const made = repository();
    mkdirSync(made.path('empty'));
    const found = await made.found({ ...made.env, PATH: made.path('empty') });
    await expect(uncommittedChanges(found, [made.path('nx.json')])).rejects.toMatchObject({
      message: 'git was not found on the PATH.',
      remedy: expect.stringContaining('https://git-scm.com/downloads') as unknown,
    });
  });
});

/** git's own tests have it think so with this variable; no second user is needed. */
function asSomebodyElse(made: MadeRepository): Record<string, string | undefined> {
  return { ...made.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
}
