import { describe, expect, test } from 'vitest';
import { ArtifactTree } from '../../../src/nx-client/artifact/artifact-tree.js';

function treeOf(files: string[], links: Record<string, string>): ArtifactTree {
  const tree = new ArtifactTree();
  for (const path of files) tree.addFile(path);
  for (const [path, target] of Object.entries(links)) tree.addLink(path, target);
  return tree;
}

const leadsInside = (tree: ArtifactTree) =>
  Object.fromEntries([...tree.links()].map((link) => [link.path, link.leadsInside]));

test('names the folders that something needs, once and outermost first', () => {
  const tree = new ArtifactTree();
  expect(tree.addFile('a/b/c')).toEqual(['a', 'a/b']);
  expect(tree.addFile('a/b/d')).toEqual([]);
  expect(tree.addFolder('a/e')).toEqual(['a/e']);
  expect(tree.addFolder('a')).toEqual([]);
  expect(tree.addFolder('')).toEqual([]);
});

describe('a link', () => {
  test('may lead to a file, to a folder, and through other links', () => {
    const tree = treeOf(['node_modules/.pnpm/a@1/node_modules/a/index.js', 'dist/main.js'], {
      'node_modules/a': '.pnpm/a@1/node_modules/a',
      'node_modules/b': './a/',
      'dist/index': '../node_modules/b/index.js',
      'dist/self': '../dist',
      'dist/around': '../dist/../dist/./main.js',
    });
    expect(new Set(Object.values(leadsInside(tree)))).toEqual(new Set([true]));
  });

  test('is followed as the system does, not by its text', () => {
    const tree = treeOf(['deep/er/file', 'top/file'], {
      'top/into': '../deep/er',
      // By its text `top/file`; the system goes to deep/er first, and up from there.
      'by-text': 'top/into/../file',
      'by-system': 'top/into/../er/file',
    });
    expect(leadsInside(tree)).toEqual({ 'top/into': true, 'by-text': false, 'by-system': true });
  });

  test('of a circle, or of a chain longer than a system follows, leads nowhere', () => {
    const circle = treeOf([], { a: 'b', b: 'c', c: 'a', d: 'd' });
    expect(leadsInside(circle)).toEqual({ a: false, b: false, c: false, d: false });
    const chain = (length: number) =>
      treeOf(
        ['file'],
        Object.fromEntries(Array.from({ length }, (_, n) => [`${n}`, n === length - 1 ? 'file' : `${n + 1}`])),
      );
    expect(Object.values(leadsInside(chain(40)))).not.toContain(false);
    expect(Object.values(leadsInside(chain(41)))).toContain(false);
  });

  test('takes no longer for hostile numbers of links that lead through each other', () => {
    // Each doubles the way of the one before: followed anew every time, the last would take 2^60 steps.
    const links = Array.from({ length: 39 }, (_, n): [string, string] => [`l${n + 1}`, `l${n}/../l${n}`]);
    const tree = treeOf(['folder/file'], { l0: 'folder', ...Object.fromEntries(links) });
    expect(Object.values(leadsInside(tree))).not.toContain(false);
    const stray = treeOf(['folder/file'], { ...Object.fromEntries(links.reverse()), l0: 'missing' });
    expect(Object.values(leadsInside(stray))).not.toContain(true);
  });
});
