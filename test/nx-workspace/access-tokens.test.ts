import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { findAccessTokens } from '../../src/nx-workspace/access-tokens.js';
import { NxJsonProblem, parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { recordOutput } from '../support/ledger.js';
import { ciToken, personalToken, readToken, readWriteToken } from './convert-text.js';

describe('a found access token', () => {
  it('has its path, form, and the line and column of its value', () => {
    const text = `{
  "tasksRunnerOptions": {
    "ci": { "runner": "@nrwl/nx-cloud", "options": { "accessToken": "${readToken}" } }
  },
  "nxCloudAccessToken":
      "${ciToken}"
}`;
    expect(findAccessTokens(parseNxJson(text))).toMatchObject([
      {
        path: ['tasksRunnerOptions', 'ci', 'options', 'accessToken'],
        kind: 'legacy-ci',
        line: 3,
        column: 69,
        token: readToken,
      },
      { path: ['nxCloudAccessToken'], kind: 'ci', line: 6, column: 7, token: ciToken },
    ]);
  });

  it.each([
    ['columns in UTF-16 units', `{ "\u{1F680}": 1, "nxCloudAccessToken": "${ciToken}" }`, { line: 1, column: 34 }],
    ['no column for a byte order mark', `\uFEFF{"nxCloudAccessToken":"${ciToken}"}`, { line: 1, column: 23 }],
    ['one line for CRLF', `{\r\n\r\n"nxCloudAccessToken":"${ciToken}"}`, { line: 3, column: 22 }],
    ['a line for CR alone', `{\r"nxCloudAccessToken":"${ciToken}"}`, { line: 2, column: 22 }],
  ])('has %s', (_, text, position) => {
    expect(findAccessTokens(parseNxJson(text))).toMatchObject([position]);
  });
});

const runner = (entry: string) => `{ "tasksRunnerOptions": { "default": ${entry} } }`;
const legacy = `"accessToken": "${readWriteToken}"`;

describe('an nx.json that cannot be converted', () => {
  it.each([
    [
      'a value that is no string',
      '{\n  "nxCloudAccessToken": 5\n}',
      'nx.json:2:25: the value of "nxCloudAccessToken" is not a string.',
    ],
    ['null', '{ "nxCloudAccessToken": null }', 'nx.json:1:25: the value of "nxCloudAccessToken" is not a string.'],
    ['an empty token', '{ "nxCloudAccessToken": "" }', 'nx.json:1:25: the value of "nxCloudAccessToken" is empty.'],
    [
      'a token of an unknown form',
      '{ "nxCloudAccessToken": "${NX_TOKEN}" }',
      'nx.json:1:25: the value of "nxCloudAccessToken" does not have the form of an access token.',
    ],
    [
      'a mistyped token',
      `{ "nxCloudAccessToken": "${ciToken.slice(0, -1)}" }`,
      'nx.json:1:25: the value of "nxCloudAccessToken" looks like a CI access token, but characters are missing or changed.',
    ],
    [
      'a personal token',
      `{ "nxCloudAccessToken": "${personalToken}" }`,
      'nx.json:1:25: "nxCloudAccessToken" holds a personal access token, which belongs to one person and in no repository.',
    ],
    [
      'a personal token below another runner',
      runner(`{ "runner": "./ours", "options": { "accessToken": "${personalToken}" } }`),
      'nx.json:1:88: "accessToken" holds a personal access token, which belongs to one person and in no repository.',
    ],
    [
      'a cloud runner with a token of an unknown form',
      runner('{ "runner": "nx-cloud", "options": { "accessToken": "later" } }'),
      'nx.json:1:90: the value of "accessToken" does not have the form of an access token.',
    ],
    [
      'options without a runner with a token of an unknown form',
      runner('{ "options": { "accessToken": [] } }'),
      'nx.json:1:68: the value of "accessToken" is not a string.',
    ],
    [
      'an id beside the token',
      `{\n  "nxCloudId": "63f1a2b3c4d5e6f708192a3b",\n  "nxCloudAccessToken": "${ciToken}"\n}`,
      'nx.json:3:3: "nxCloudAccessToken" (line 3) has an "nxCloudId" beside it already (line 2), and one object cannot have that key twice.',
    ],
    [
      'an id beside the token of a runner',
      runner(`{ "options": {\n ${legacy},\n "nxCloudId": null } }`),
      'nx.json:2:2: "accessToken" (line 2) has an "nxCloudId" beside it already (line 3), and one object cannot have that key twice.',
    ],
    [
      'the token given twice',
      `{\n  "nxCloudAccessToken": "${ciToken}",\n  "nxCloudAccessToken": "${ciToken}"\n}`,
      'nx.json:3:3: "nxCloudAccessToken" is given a second time here (first on line 2), with an access token in or below it.',
    ],
    [
      'the token given twice, once in escapes',
      `{\n  "nxCloud\\u0041ccessToken": "${ciToken}",\n  "nxCloudAccessToken": "${ciToken}"\n}`,
      'nx.json:3:3: "nxCloudAccessToken" is given a second time here (first on line 2), with an access token in or below it.',
    ],
    [
      'the token of a runner given twice',
      runner(`{ "options": {\n ${legacy},\n ${legacy} } }`),
      'nx.json:3:2: "accessToken" is given a second time here (first on line 2), with an access token in or below it.',
    ],
    [
      'options given twice',
      runner(`{ "runner": "nx-cloud",\n "options": { ${legacy} },\n "options": {} }`),
      'nx.json:3:2: "options" is given a second time here (first on line 2), with an access token in or below it.',
    ],
    [
      "the runner's entry given twice",
      `{ "tasksRunnerOptions": {\n "default": {},\n "default": { "options": { ${legacy} } } } }`,
      'nx.json:3:2: "default" is given a second time here (first on line 2), with an access token in or below it.',
    ],
    [
      'tasksRunnerOptions given twice',
      `{ "tasksRunnerOptions": { "default": { "options": { ${legacy} } } },\n "tasksRunnerOptions": {} }`,
      'nx.json:2:2: "tasksRunnerOptions" is given a second time here (first on line 1), with an access token in or below it.',
    ],
  ])('because of %s is refused with line and column', (what, text, message) => {
    expectProblem(what, () => findAccessTokens(parseNxJson(text)), message);
  });

  it.each([
    ['nothing at all', '', 'nx.json:1:1: this is not valid JSON: a value is missing here.'],
    ['only a comment', '// later\n', 'nx.json:2:1: this is not valid JSON: a value is missing here.'],
    ['an array', ' []', 'nx.json:1:2: the configuration of a workspace is an object: { … }.'],
    ['a string', '"nx"', 'nx.json:1:1: the configuration of a workspace is an object: { … }.'],
    ['an unclosed object', '{\n  "a": 1\n', 'nx.json:3:1: this is not valid JSON: an object is not closed with }.'],
    ['an unclosed array', '{ "a": [1', 'nx.json:1:10: this is not valid JSON: an array is not closed with ].'],
    [
      'a missing comma',
      '{\n  "a": 1\n  "b": 2\n}',
      'nx.json:3:3: this is not valid JSON: a comma is missing before this.',
    ],
    ['a missing colon', '{ "a" 1 }', 'nx.json:1:7: this is not valid JSON: a colon is missing before this.'],
    ['a missing value', '{ "a": }', 'nx.json:1:8: this is not valid JSON: a value is missing here.'],
    [
      'a key without quotes',
      '{ a: 1 }',
      'nx.json:1:3: this is not valid JSON: this is neither a value nor a sign that JSON knows.',
    ],
    [
      'single quotes',
      "{ 'a': 1 }",
      'nx.json:1:3: this is not valid JSON: this is neither a value nor a sign that JSON knows.',
    ],
    [
      'an unclosed string',
      '{ "a": "b\n}',
      'nx.json:1:8: this is not valid JSON: this string is not closed with a double quote on its line.',
    ],
    ['an unclosed comment', '{ /* }', 'nx.json:1:3: this is not valid JSON: this comment is not closed with */.'],
    [
      'an unknown escape',
      '{ "a": "\\x" }',
      'nx.json:1:8: this is not valid JSON: a backslash in this string is followed by a character that cannot be escaped.',
    ],
    [
      'a short \\u',
      '{ "a": "\\u12" }',
      'nx.json:1:8: this is not valid JSON: a \\u in this string is not followed by four hexadecimal digits.',
    ],
    [
      'a control character',
      '{ "a": "\u0007" }',
      'nx.json:1:8: this is not valid JSON: a control character in this string is not escaped.',
    ],
    ['half a number', '{ "a": 1. }', 'nx.json:1:8: this is not valid JSON: this number is not complete.'],
    ['something after its end', '{}\n{}', 'nx.json:2:1: this is not valid JSON: the file should end before this.'],
    [
      'merge conflict marks',
      '{\n<<<<<<< HEAD\n}',
      'nx.json:2:1: this is not valid JSON: this is neither a value nor a sign that JSON knows.',
    ],
    ['ten thousand levels', '['.repeat(10_000), 'nx.json:1:1: objects and arrays are nested too deeply to be read.'],
  ])('because it is %s is refused with line and column', (what, text, message) => {
    expectProblem(what, () => parseNxJson(text), message);
  });
});

function expectProblem(what: string, run: () => unknown, message: string): void {
  const problem = thrownBy(run);
  expect(problem).toBeInstanceOf(NxJsonProblem);
  expect(problem.message).toBe(message);
  expect(problem.remedy).toMatch(/[.)?]$/);
  recordOutput(what, `${problem.message}\n${problem.remedy ?? ''}`);
}

function thrownBy(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
