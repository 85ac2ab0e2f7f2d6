import { describe, expect, it } from 'vitest';
import { formatToken } from '../../src/protocol/tokens.js';
import { printable, printableLines } from '../../src/rest-client/printable.js';
import { recordOutput, recordToken } from '../support/ledger.js';

describe('printable', () => {
  it.each([
    ['leaves plain text alone', 'Ada Lovelace <ada@acme.example>', 'Ada Lovelace <ada@acme.example>'],
    ['keeps letters of all scripts', 'Łukasz Ñandú 山田 עברית', 'Łukasz Ñandú 山田 עברית'],
    ['keeps emoji made of several characters', 'team 👩‍💻', 'team 👩‍💻'],
    ['removes colors and cursor movements', '\u001b[31mred\u001b[0m\u001b[2J', 'red'],
    ['removes hyperlinks and window titles', '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007', 'click'],
    ['removes escapes in their one-byte form', 'a\u009b31mb', 'ab'],
    ['makes one line of several', 'first\r\nsecond\u2028third\u0085fourth', 'first second third fourth'],
    ['removes what turns the writing direction around', 'safe\u202eexe.txt', 'safe exe.txt'],
    ['removes invisible characters', 'pay\u200bpal\ufeff', 'pay pal'],
    ['removes halves of surrogate pairs', 'a\ud800b', 'a b'],
    ['trims', '  x\t', 'x'],
  ])('%s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('bounds the length, and says that something is missing', () => {
    expect(printable('x'.repeat(10_000_000), 10)).toBe('xxxxxxxxx…');
    expect(printable('1234567890', 10)).toBe('1234567890');
  });

  it('does not cut a character in half', () => {
    expect(printable('👍👍👍👍', 3)).toBe('👍👍…');
  });

  it('masks tokens, also one that would be cut', () => {
    const token = formatToken('ci', 'A'.repeat(30));
    recordToken(token);
    const echo = printable(`no such thing: authorization: Bearer ${token}`);
    recordOutput('a printable text', echo);
    expect(echo).toBe('no such thing: authorization: Bearer nxc_AAAA…');
    expect(printable(`Bearer ${token}`, 30)).toBe('Bearer nxc_AAAA…');
  });

  it('shows no first half of a token where a long text is cut', () => {
    const token = btoa('5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f|read-write');
    recordToken(token);
    for (let blanks = 700; blanks < 1000; blanks++) {
      const text = printable(`x${' '.repeat(blanks)}${token}`, 100);
      recordOutput('a cut text', text);
      expect(text, `${blanks} blanks`).not.toContain(token.slice(0, 5));
    }
  });
});

describe('printableLines', () => {
  it('keeps lines and indentation of any length', () => {
    const text = `{\r\n\t"a": "ü 👩‍💻"\n}${' x'.repeat(10_000)}`;
    expect(printableLines(text)).toBe(text.replace('\r', ''));
  });

  it('takes out what a terminal would act on, and masks tokens', () => {
    const token = formatToken('ci', 'B'.repeat(30));
    recordToken(token);
    const text = printableLines(`a\u001b]52;c;AAAA\u0007b\u001b[2Jc\rd\u202ee\u0008 ${token}`);
    recordOutput('printable lines', text);
    expect(text).toBe('abc\ufffdd\ufffde\ufffd nxc_BBBB…');
  });
});
