import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanHistory, type HistoryScan } from '../../src/git/scan-history.js';
import { formatToken, maskToken, randomPartLength } from '../../src/protocol/tokens.js';
import { recordOutput, recordToken } from '../support/ledger.js';
import { emptyRepository, MadeRepository } from './made-repository.js';

const uuid = '5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f';
const legacy = recorded(btoa(`${uuid}|read-write`));
const readOnly = recorded(btoa(`${uuid}|read-only`));
const ci = recorded(formatToken('ci', 'A'.repeat(randomPartLength)));
const personal = recorded(formatToken('personal', 'b'.repeat(randomPartLength)));

function recorded(token: string): string {
  recordToken(token);
  return token;
}

function nxJson(token: string, more = {}): string {
  return JSON.stringify({ ...more, nxCloudAccessToken: token }, null, 2);
}

async function scan(made: MadeRepository, refs?: string[]): Promise<HistoryScan> {
  const result = await scanHistory(await made.found(), { refs });
  recordOutput('scan of a history', JSON.stringify(result));
  return result;
}

/** Where tokens were found first, in few words. */
async function placesIn(made: MadeRepository, refs?: string[]): Promise<string[]> {
  const { tokens } = await scan(made, refs);
  return tokens.map(({ masked, path, line }) => `${masked} ${path ?? '(message)'}:${line}`);
}

describe('scanHistory', () => {
  it('is not led astray by a tree that calls a tag a file, with the start of another object in its text', async () => {
    const made = emptyRepository();
    const before = made.commit({ 'README.md': 'Hello' });
    const store = (type: string, content: Buffer) =>
      execFileSync('git', ['hash-object', '-w', '--literally', '--stdin', '-t', type], {
        cwd: made.root,
        env: made.env,
        input: content,
        encoding: 'utf8',
      }).trim();
    const tag = store(
      'tag',
      Buffer.from(
        `object ${before}\ntype commit\ntag v1\ntagger A <a@b> 0 +0000\n\nblob 99999999 ${before} %E0%A4%A\n${legacy}\n`,
      ),
    );
    const tree = store('tree', Buffer.concat([Buffer.from('100644 a.txt\0'), Buffer.from(tag, 'hex')]));
    made.git('reset', '--quiet', '--soft', made.git('commit-tree', tree, '-p', 'HEAD', '-m', 'Odd').trim());
    made.git('read-tree', 'HEAD~1');
    made.commit({ 'nx.json': nxJson(ci) });
    expect(await placesIn(made)).toEqual([`${maskToken(legacy)} a.txt:7`, `${maskToken(ci)} nx.json:2`]);
  });

  it('says where a token came from, also when it is long gone', async () => {
    const made = emptyRepository();
    made.commit({ 'README.md': 'Hello' });
    const first = made.commit({ 'nx.json': nxJson(legacy) });
    made.commit({ 'nx.json': nxJson(legacy, { parallel: 5 }) });
    made.commit({ 'README.md': 'Hello again' });
    made.commit({ 'nx.json': '{}' });
    expect(await scan(made)).toEqual({
      tokens: [
        {
          kind: 'legacy-ci',
          masked: maskToken(legacy),
          sha256: createHash('sha256').update(legacy).digest('hex'),
          commit: first,
          path: 'nx.json',
          line: 2,
          commits: 2,
          paths: ['nx.json'],
        },
      ],
      commits: 5,
      shallow: false,
      missing: 0,
    });
  });

  it('lists each token once, the oldest first, with all the names its file had', async () => {
    const made = emptyRepository();
    made.commit({ 'old/nx.json': nxJson(legacy) });
    made.git('mv', 'old', 'new');
    made.commit({ '.env': `A=${ci}\nB=${personal}\n` });
    made.commit({ 'copy.json': nxJson(legacy) });
    const { tokens } = await scan(made);
    expect(tokens.map(({ masked, paths, commits }) => ({ masked, paths, commits }))).toEqual([
      { masked: maskToken(legacy), paths: ['old/nx.json', 'new/nx.json', 'copy.json'], commits: 3 },
      { masked: maskToken(ci), paths: ['.env'], commits: 1 },
      { masked: maskToken(personal), paths: ['.env'], commits: 1 },
    ]);
  });

  it('takes for a token only what decodes to one, or has the checksum of one', async () => {
    const made = emptyRepository();
    const mistyped = `${ci.slice(0, -1)}${ci.endsWith('0') ? '1' : '0'}`;
    const lookalikes = [btoa(`${'not-a-uuid'.padEnd(36, '-')}|read-write`), `nxc_${'x'.repeat(36)}`, mistyped];
    // A checksum says also where a token ends.
    made.commit({ lookalikes: lookalikes.join('\n'), forms: `${btoa(`${uuid}|read`)} ${readOnly} ${ci}0` });
    expect(await placesIn(made)).toEqual(['NWIw… forms:1', 'NWIw… forms:1', 'nxc_AAAA… forms:1']);
  });

  it('finds what a merge brought itself', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': 'base' });
    made.git('checkout', '--quiet', '-b', 'side');
    made.commit({ 'nx.json': 'side', 'side.txt': 'side' });
    made.git('checkout', '--quiet', 'main');
    made.commit({ 'nx.json': 'main' });
    expect(() => made.git('merge', '--quiet', 'side')).toThrow('Command failed');
    const merge = made.commit({ 'nx.json': nxJson(ci) });
    made.commit({ 'nx.json': '{}' });
    const { tokens } = await scan(made);
    expect(tokens).toMatchObject([{ commit: merge, path: 'nx.json', commits: 1 }]);
  });

  it('names the commit of the branch, not the merge that took it over', async () => {
    const made = emptyRepository();
    made.commit({ 'README.md': 'base' });
    made.git('checkout', '--quiet', '-b', 'side');
    const onBranch = made.commit({ 'nx.json': nxJson(ci) });
    made.git('checkout', '--quiet', 'main');
    made.commit({ 'README.md': 'main' });
    made.git('merge', '--quiet', '--no-edit', 'side');
    expect((await scan(made)).tokens).toMatchObject([{ commit: onBranch, commits: 1, paths: ['nx.json'] }]);
  });

  it('searches all branches, tags, the stash, other work trees and what was amended, or only what it is told to', async () => {
    const made = emptyRepository();
    made.commit({ 'README.md': 'base' });
    const on = (token: string, kind: string) => made.commit({ [`${kind}.txt`]: token });
    made.git('checkout', '--quiet', '-b', 'branch');
    on(legacy, 'branch');
    made.git('checkout', '--quiet', '--detach', 'main');
    on(readOnly, 'tag');
    made.git('tag', 'v1');
    made.git('checkout', '--quiet', 'main');
    made.write('README.md', personal);
    made.git('stash', '--quiet');
    made.write('README.md', 'in a later stash');
    made.git('stash', '--quiet');
    on(ci, 'amended');
    made.git('reset', '--quiet', '--hard', 'HEAD^');
    const found = await placesIn(made);
    expect(found.toSorted()).toEqual(
      [
        `${maskToken(legacy)} branch.txt:1`,
        `${maskToken(readOnly)} tag.txt:1`,
        `${maskToken(personal)} README.md:1`,
        `${maskToken(ci)} amended.txt:1`,
      ].toSorted(),
    );
    expect(await placesIn(made, ['branch'])).toEqual([`${maskToken(legacy)} branch.txt:1`]);
    expect(await placesIn(made, ['main'])).toEqual([]);
  });

  it('finds them in messages, binary files, lines of megabytes, links, and text that is not UTF-8', async () => {
    const made = emptyRepository();
    const made1 = made.commit({ 'README.md': '' }, `Set the token\n\n${ci}`);
    made.write('.gitattributes', '*.json -diff\n');
    made.commit({
      'nx.json': Buffer.from(nxJson(personal)),
      'picture.png': Buffer.concat([noise, Buffer.from(legacy), noise]),
    });
    made.commit({ 'app.min.js': `${'x'.repeat(3_000_000)}"${readOnly}"${'y'.repeat(100_000)}` });
    made.commit({ 'grüße.txt': Buffer.from(`Grüße\n\n${personal}\n`, 'latin1') });
    const { tokens } = await scan(made);
    expect(tokens.map(({ masked, path }) => [masked, path])).toEqual([
      [maskToken(ci), undefined],
      [maskToken(personal), 'nx.json'],
      [maskToken(legacy), 'picture.png'],
      [maskToken(readOnly), 'app.min.js'],
    ]);
    expect(tokens[0]).toMatchObject({ commit: made1, paths: [] });
    expect(tokens[1]?.paths).toEqual(['nx.json', 'grüße.txt']);
  });

  it.each(['with blanks/nx.json', 'line\nbreak.json', ':100644 100644', '"quoted\t".json', '%41%.json'])(
    'gives the path %j as it is',
    async (name) => {
      const made = emptyRepository();
      made.commit({ [name]: nxJson(ci) });
      expect((await scan(made)).tokens).toMatchObject([{ path: name, paths: [name] }]);
    },
  );

  it('passes by submodules, deleted files and empty ones', async () => {
    const library = emptyRepository('library');
    library.commit({ 'nx.json': nxJson(ci) });
    const made = emptyRepository();
    made.commit({ empty: '', 'nx.json': nxJson(legacy) });
    made.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'shared');
    made.git('rm', '--quiet', 'empty', 'nx.json');
    made.commit({});
    expect(await placesIn(made)).toEqual([`${maskToken(legacy)} nx.json:2`]);
    expect(await placesIn(new MadeRepository(made.path('shared'), made.env))).toEqual([`${maskToken(ci)} nx.json:2`]);
  });

  it('finds nothing in a repository without a commit', async () => {
    expect(await scan(emptyRepository())).toEqual({ tokens: [], commits: 0, shallow: false, missing: 0 });
  });

  it('sees through replaced objects, which hide what is there', async () => {
    const made = emptyRepository();
    const planted = made.commit({ 'nx.json': nxJson(ci) });
    const clean = made.commit({ 'nx.json': '{}' });
    made.git('replace', planted, clean);
    expect(await placesIn(made, ['main'])).toEqual([`${maskToken(ci)} nx.json:2`]);
  });

  it('refuses a ref that is not there, or is none', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': '{}' });
    await expect(scan(made, ['nowhere'])).rejects.toThrow(
      `git rev-list failed in ${made.root}: bad revision 'nowhere'.`,
    );
    await expect(scan(made, ['--all'])).rejects.toThrow(`git rev-list failed in ${made.root}: `);
  });
});

describe('scanHistory of a repository that does not have everything', () => {
  function clone(...options: string[]): MadeRepository {
    const origin = emptyRepository('origin');
    origin.git('config', 'uploadpack.allowFilter', 'true');
    origin.commit({ 'nx.json': nxJson(ci) });
    origin.commit({ 'nx.json': nxJson(legacy) });
    origin.commit({ 'nx.json': '{}' });
    const made = new MadeRepository(join(origin.root, '../clone'), origin.env);
    origin.git('clone', '--quiet', ...options, `file://${origin.root}`, made.root);
    return made;
  }

  it('says that a shallow one ends, and searches all that it has', async () => {
    const made = clone('--depth=2');
    const { tokens, ...rest } = await scan(made);
    expect(tokens).toMatchObject([{ masked: maskToken(legacy) }]);
    expect(rest).toEqual({ commits: 2, shallow: true, missing: 0 });
  });

  it('counts what a partial one has not, and fetches none of it', async () => {
    const made = clone('--filter=blob:none');
    const before = made.git('count-objects', '-v');
    expect(await scan(made)).toEqual({ tokens: [], commits: 3, shallow: false, missing: 2 });
    expect(made.git('count-objects', '-v')).toBe(before);
  });

  it('refuses one that has not even the folders', async () => {
    const made = clone('--filter=tree:0');
    await expect(scan(made)).rejects.toMatchObject({
      message: `The clone in ${made.root} leaves out parts of its history, so that the history cannot be read.`,
      remedy: `Get them: git -C ${made.root} fetch --refetch --no-filter`,
    });
  });

  it('counts what is damaged', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': nxJson(ci) });
    const blob = made.git('rev-parse', 'HEAD:nx.json').trim();
    const path = made.path(`.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`);
    rmSync(path);
    made.write(path.slice(made.root.length + 1), 'damaged');
    expect(await scan(made)).toEqual({ tokens: [], commits: 1, shallow: false, missing: 1 });
  });
});

describe('scanHistory of a repository that somebody else configured', () => {
  it('runs no program that it names', async () => {
    const made = emptyRepository();
    made.commit({ 'nx.json': nxJson(ci), '.gitattributes': '* diff=planted filter=planted merge=planted\n' });
    const ran = made.path('ran');
    const script = made.write('program.sh', `#!/bin/sh\ntouch '${ran}'\n`);
    const keys = [
      'core.fsmonitor',
      'core.pager',
      'core.editor',
      'core.sshCommand',
      'core.alternateRefsCommand',
      'gpg.program',
    ];
    const planted = ['diff.external', 'diff.planted.command', 'diff.planted.textconv', 'filter.planted.smudge'];
    for (const key of [...keys, ...planted]) made.git('config', key, `sh '${script}'`);
    made.git('config', 'log.showSignature', 'true');
    made.git('config', 'diff.renames', 'copies');
    expect(await placesIn(made)).toEqual([`${maskToken(ci)} nx.json:2`]);
    expect(existsSync(ran)).toBe(false);
  });
});

const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 31) % 256));
