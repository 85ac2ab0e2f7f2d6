import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertText, readWriteToken } from './convert-text.js';

const folder = join(import.meta.dirname, 'fixtures');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.input.json'))
  .map((name) => name.replace('.input.json', ''));

const forms: [string, (text: string) => string][] = [
  ['as it is', (text) => text],
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['with a byte order mark', (text) => `\uFEFF${text}`],
  ['with CRLF and a byte order mark', (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
];

describe.each(names)('an nx.json like fixtures/%s', (name) => {
  const input = readFileSync(join(folder, `${name}.input.json`), 'utf8');
  const expected = readFileSync(join(folder, `${name}.expected.json`), 'utf8');

  it.each(forms)('is converted, %s', (_, form) => {
    expect(convertText(form(input)).text).toBe(form(expected));
  });

  it.each(forms)('is not changed by a second conversion, %s', (_, form) => {
    expect(convertText(form(expected))).toEqual({ text: form(expected), edits: [], tokens: [] });
  });
});

describe('a comment around the token', () => {
  const start = ['{', '"parallel"', ':', '1', ','];
  const runner = ['"tasksRunnerOptions"', ':', '{', '"default"', ':', '{', '"runner"', ':', '<runner>', ','];
  const options = [
    '"options"',
    ':',
    '{',
    '"a"',
    ':',
    '[',
    ']',
    ',',
    '<key>',
    ':',
    '<value>',
    ',',
    '}',
    '}',
    '}',
    ',',
    '}',
  ];
  const pieces = [...start, ...runner, ...options];
  const before: Record<string, string> = {
    '<runner>': '"@nrwl/nx-cloud"',
    '<key>': '"accessToken"',
    '<value>': `"${readWriteToken}"`,
  };
  const after: Record<string, string> = {
    '<runner>': '"nx-cloud"',
    '<key>': '"nxCloudId"',
    '<value>': '"63f1a2b3c4d5e6f708192a3b"',
  };
  const comments = [
    '/* c */',
    '/**/',
    '// c\n',
    '//\r\n',
    '/* "accessToken": "x", */',
    '// }\n',
    '/* \u{1F680}\n\n */\n\t',
  ];
  const seams = Array.from({ length: pieces.length + 1 }, (_, seam) => seam);

  function withComment(comment: string, seam: number | undefined, words: Record<string, string>): string {
    const at = (index: number) => (seam === undefined || seam === index ? comment : '');
    return pieces.map((piece, index) => at(index) + (words[piece] ?? piece)).join('') + at(pieces.length);
  }

  it.each(seams)('stays at seam %i', (seam) => {
    for (const comment of comments) {
      expect(convertText(withComment(comment, seam, before)).text).toBe(withComment(comment, seam, after));
    }
  });

  it.each(comments)('stays at every seam at once: %j', (comment) => {
    expect(convertText(withComment(comment, undefined, before)).text).toBe(withComment(comment, undefined, after));
  });
});
