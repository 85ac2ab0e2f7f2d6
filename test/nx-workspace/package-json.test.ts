import { describe, expect, it } from 'vitest';
import { NxJsonProblem } from '../../src/nx-workspace/nx-json.js';
import { withDevDependency, withNxCloud } from '../../src/nx-workspace/package-json.js';

const add = (text: string) => withDevDependency(text, 'nx-cloud', '19.1.0');

describe('a development dependency', () => {
  it.each([
    [
      'in its place in a sorted list',
      '{\n  "devDependencies": {\n    "nx": "1",\n    "zone": "2"\n  }\n}\n',
      '{\n  "devDependencies": {\n    "nx": "1",\n    "nx-cloud": "19.1.0",\n    "zone": "2"\n  }\n}\n',
    ],
    [
      'first',
      '{\n  "devDependencies": {\n    "zone": "2"\n  }\n}',
      '{\n  "devDependencies": {\n    "nx-cloud": "19.1.0",\n    "zone": "2"\n  }\n}',
    ],
    [
      'last',
      '{\n\t"devDependencies": {\n\t\t"nx": "1"\n\t}\n}',
      '{\n\t"devDependencies": {\n\t\t"nx": "1",\n\t\t"nx-cloud": "19.1.0"\n\t}\n}',
    ],
    [
      'last in a list in no order',
      '{ "devDependencies": { "zone": "2", "nx": "1" } }',
      '{ "devDependencies": { "zone": "2", "nx": "1", "nx-cloud": "19.1.0" } }',
    ],
    ['in an empty list', '{ "devDependencies": {} }', '{ "devDependencies": { "nx-cloud": "19.1.0" } }'],
    [
      'in a list on several lines with nothing in it',
      '{\n  "devDependencies": {\n  }\n}',
      '{\n  "devDependencies": {\n    "nx-cloud": "19.1.0"\n  }\n}',
    ],
    [
      'in a new list behind the dependencies',
      '{\r\n  "dependencies": {\r\n    "a": "1"\r\n  },\r\n  "type": "module"\r\n}\r\n',
      '{\r\n  "dependencies": {\r\n    "a": "1"\r\n  },\r\n  "devDependencies": {\r\n    "nx-cloud": "19.1.0"\r\n  },\r\n  "type": "module"\r\n}\r\n',
    ],
    ['in a new list at the end', '\uFEFF{"name":"x"}', '\uFEFF{"name":"x","devDependencies":{"nx-cloud":"19.1.0"}}'],
    ['in a file with nothing in it', '{}', '{ "devDependencies": { "nx-cloud": "19.1.0" } }'],
  ])('is added %s', (_, before, after) => {
    expect(add(before)).toBe(after);
    expect(add(after)).toBe(after);
  });

  it.each(['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])(
    'that stands among the %s in whatever version is left alone',
    (kind) => {
      const text = `{ "${kind}": { "nx-cloud": "16.5.2" } }`;
      expect(add(text)).toBe(text);
    },
  );

  it.each([
    ['{ "devDependencies": [] }', 'package.json:1:22: "devDependencies" is no object.'],
    ['{', 'package.json:1:2: this is not valid JSON: an object is not closed with }.'],
  ])('is not added to %s', (text, message) => {
    expect(() => add(text)).toThrow(NxJsonProblem);
    expect(() => add(text)).toThrow(message);
  });
});

describe('the package nx-cloud', () => {
  it.each([
    ['^15.3.5', '19.1.0'],
    ['19.0.0', '19.1.0'],
    ['19.1.3', '19.1.3'],
    ['latest', 'latest'],
    ['catalog:', 'catalog:'],
  ])('that is listed as %s is listed as %s then, where it stood', (before, after) => {
    const text = (range: string) => `{\n  "dependencies": { "nx-cloud": /* ours */ "${range}" }\n}\n`;
    expect(withNxCloud(text(before))).toBe(text(after));
  });

  it('is added where it is missing', () => {
    expect(withNxCloud('{ "devDependencies": { "nx": "18.3.5" } }')).toBe(
      '{ "devDependencies": { "nx": "18.3.5", "nx-cloud": "19.1.0" } }',
    );
  });
});
