import { describe, expect, test } from 'vitest';
import { findProblem } from '../../../src/nx-client/artifact/entry-path.js';

describe('a name that only Windows cannot have', () => {
  test.each([
    ['main:js', 'a stream behind the file main'],
    ['NUL', 'a device'],
    ['dist/com1.txt', 'a device'],
    ['nul .txt', 'a device, with a space that Windows does not see'],
    ['LPT²', 'a device'],
    ['CONOUT$', 'a device'],
    ['dist/main.', 'the file dist/main'],
    ['dist/main ', 'the file dist/main'],
    ['what?', 'a pattern'],
    ['two\nlines', 'a control character'],
  ])('%j is refused there, and nowhere else (there it is %s)', (name) => {
    expect(findProblem(name, '\\')).toBe('Windows cannot have');
    expect(findProblem(name, '/')).toBeUndefined();
  });

  test.each(['./dist/main.js', '.gitignore', 'console.log', 'nullable.ts', 'com10', 'auxiliary/com.txt', 'a b'])(
    '%j is none',
    (name) => {
      expect(findProblem(name, '\\')).toBeUndefined();
    },
  );
});
