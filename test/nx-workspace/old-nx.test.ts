import { describe, expect, it } from 'vitest';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { parseNxVersion } from '../../src/nx-workspace/nx-version.js';
import type { Surroundings } from '../../src/nx-workspace/rewrite.js';
import { unusedIds } from '../../src/nx-workspace/runner-options.js';
import { idOf, readToken, readWriteToken } from './convert-text.js';
import { convert } from './rewriter-properties.js';

const nx = (text: string) => parseNxVersion(text);
const id = idOf[readWriteToken] ?? '';
const otherId = idOf[readToken] ?? '';
const token = `"nxCloudAccessToken": "${readWriteToken}"`;

function converted(text: string, version: string, otherRunners: Surroundings['otherRunners'] = 'none'): string {
  return convert(text, { nx: nx(version), otherRunners }).text;
}

describe('a token at the top level, with Nx 17 to 19.5,', () => {
  it('gives way to runner options in its place', () => {
    const text = `{
  // Builds are cached for everybody
  "nxCloudUrl": "https://cache.acme.com",
  ${token}, // ours
  "parallel": 3
}
`;
    expect(converted(text, '18.3.5')).toBe(`{
  // Builds are cached for everybody
  "nxCloudUrl": "https://cache.acme.com",
  "tasksRunnerOptions": {
    "default": {
      "runner": "nx-cloud",
      "options": {
        "nxCloudId": "${id}"
      }
    }
  }, // ours
  "parallel": 3
}
`);
  });

  it.each([
    [
      '{"nxCloudAccessToken":"T"}',
      '{"tasksRunnerOptions":{"default":{"runner":"nx-cloud","options":{"nxCloudId":"ID"}}}}',
    ],
    [
      '{ "a": 1, "nxCloudAccessToken": "T" }',
      '{ "a": 1, "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "nxCloudId": "ID" } } } }',
    ],
    [
      '{\r\n\t"nxCloudAccessToken": "T"\r\n}',
      '{\r\n\t"tasksRunnerOptions": {\r\n\t\t"default": {\r\n\t\t\t"runner": "nx-cloud",\r\n\t\t\t"options": {\r\n\t\t\t\t"nxCloudId": "ID"\r\n\t\t\t}\r\n\t\t}\r\n\t}\r\n}',
    ],
    [
      '{ "tasksRunnerOptions": {}, "nxCloudAccessToken": "T" }',
      '{ "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "nxCloudId": "ID" } } } }',
    ],
    [
      '{ "nxCloudAccessToken": "T", "tasksRunnerOptions": { "default": { "runner": "nx-cloud" } } }',
      '{ "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "nxCloudId": "ID" } } } }',
    ],
    [
      '{ "tasksRunnerOptions": { "default": { "runner": null, "options": {} } }, "nxCloudAccessToken" /* a */ : /* b */ "T" }',
      '{ "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "nxCloudId": "ID" } } } /* a */  /* b */  }',
    ],
  ])('is written as the file is: %j', (before, after) => {
    const written = (text: string) => text.replace('"T"', `"${readWriteToken}"`).replaceAll('"ID"', `"${id}"`);
    expect(converted(written(before), '19.5.7')).toBe(written(after));
  });

  it('goes into the options that are there, behind the last one, and takes its own line with it', () => {
    const text = `{
    "tasksRunnerOptions": {
        "default": {
            "runner": "@nrwl/nx-cloud",
            "options": {
                "cacheableOperations": ["build"], // these
            }, // as agreed
        }
    },
    "parallel": 3, // enough
    ${token}
}
`;
    expect(converted(text, '17.0.0')).toBe(`{
    "tasksRunnerOptions": {
        "default": {
            "runner": "nx-cloud",
            "options": {
                "cacheableOperations": ["build"], // these
                "nxCloudId": "${id}",
            }, // as agreed
        }
    },
    "parallel": 3 // enough
}
`);
  });

  it('goes to every runner that Nx gives it to: those of the cloud, and those that are not named', () => {
    const text = `{
  ${token},
  "tasksRunnerOptions": {
    "default": { "options": {} },
    "ci": { "runner": "nx-cloud" },
    "own": { "runner": "nx-cloud", "options": { "accessToken": "${readToken}" } },
    "local": { "runner": "nx/tasks-runners/default" }
  }
}`;
    expect(converted(text, '19.0.0')).toBe(`{
  "tasksRunnerOptions": {
    "default": { "options": { "nxCloudId": "${id}" }, "runner": "nx-cloud" },
    "ci": { "runner": "nx-cloud", "options": { "nxCloudId": "${id}" } },
    "own": { "runner": "nx-cloud", "options": { "nxCloudId": "${otherId}" } },
    "local": { "runner": "nx/tasks-runners/default" }
  }
}`);
  });

  it.each([
    [
      'the default has another runner',
      `"tasksRunnerOptions": { "default": { "runner": "./ours", "options": {} } }`,
      'none',
    ],
    ['the default is no object', `"tasksRunnerOptions": { "default": null }`, 'none'],
    ['tasksRunnerOptions is no object', `"tasksRunnerOptions": []`, 'none'],
    ['options are given twice', `"tasksRunnerOptions": { "default": { "options": {}, "options": {} } }`, 'none'],
    ['the extended file has runners, which would be hidden', `"extends": "./base.json"`, 'hidden'],
    ['the file that extends this one has runners, which hide its', `"parallel": 1`, 'hiding'],
  ] as const)('becomes an id there, and it is said that Nx does not use it, when %s', (_, other, otherRunners) => {
    const text = `{ ${token}, ${other} }`;
    const after = converted(text, '18.0.0', otherRunners);
    expect(after).toBe(`{ "nxCloudId": "${id}", ${other} }`);
    expect(unusedIds(parseNxJson(after), nx('18.0.0'))).toMatchObject([
      { path: ['nxCloudId'], line: 1, column: 3, because: 'place', runner: undefined },
    ]);
  });
});

describe('a token at the top level, with Nx up to 16,', () => {
  it('takes the URL and the encryption key along, which those read in the options only', () => {
    const text = `{ "nxCloudUrl": "https://x", "nxCloudEncryptionKey": "k", ${token} }`;
    expect(converted(text, '16.10.0')).toBe(
      `{ "nxCloudUrl": "https://x", "nxCloudEncryptionKey": "k", "tasksRunnerOptions": { "default": { "runner": "nx-cloud", ` +
        `"options": { "nxCloudId": "${id}", "url": "https://x", "encryptionKey": "k" } } } }`,
    );
  });

  it('leaves a URL that the options have', () => {
    const text = `{ "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "url": "https://y" } } }, "nxCloudUrl": "https://x", ${token} }`;
    expect(converted(text, '13.10.6')).toBe(
      `{ "tasksRunnerOptions": { "default": { "runner": "nx-cloud", "options": { "url": "https://y", "nxCloudId": "${id}" } } }, "nxCloudUrl": "https://x" }`,
    );
  });
});

describe('an id in runner options, where a token turned the cloud on without the runner', () => {
  const entry = (runner: string, option: string) =>
    `{ "tasksRunnerOptions": { "default": { ${runner}"options": { ${option} } } } }`;
  const before = `"accessToken": "${readWriteToken}"`;
  const after = `"nxCloudId": "${id}"`;

  it.each(['17.0.0', '19.6.0', '24.0.6'])('names the runner where none is named, for Nx %s', (version) => {
    expect(converted(entry('', before), version)).toBe(
      `{ "tasksRunnerOptions": { "default": { "options": { ${after} }, "runner": "nx-cloud" } } }`,
    );
    expect(converted(entry('"runner": null, ', before), version)).toBe(entry('"runner": "nx-cloud", ', after));
  });

  it('names it in the place of another one that Nx passes over: since 21', () => {
    expect(converted(entry('"runner": "./ours", ', before), '21.0.0')).toBe(entry('"runner": "nx-cloud", ', after));
    expect(converted(entry('"runner": "./ours", ', before), '20.8.4')).toBe(entry('"runner": "./ours", ', after));
  });

  it('does not name one for Nx up to 16, which did not use the token there, nor for an unknown Nx', () => {
    expect(converted(entry('', before), '16.10.0')).toBe(entry('', after));
    expect(convert(entry('', before)).text).toBe(entry('', after));
  });
});

describe('ids that Nx does not use', () => {
  const inRunner = (runner: string, more = '') =>
    `{ "tasksRunnerOptions": { "default": { "runner": "${runner}", "options": { "nxCloudId": "${id}" } } }${more} }`;
  const path = ['tasksRunnerOptions', 'default', 'options', 'nxCloudId'];

  it.each([
    ['19.6.0', `{ "nxCloudId": "${id}" }`, []],
    ['19.5.7', `{ "nxCloudId": "${id}" }`, [{ path: ['nxCloudId'], because: 'place' }]],
    ['19.5.7', inRunner('nx-cloud', `, "nxCloudId": "${id}"`), []],
    [undefined, `{ "nxCloudId": "${id}" }`, []],
    ['18.0.0', inRunner('nx-cloud'), []],
    ['18.0.0', inRunner('./ours'), [{ path, because: 'runner', runner: './ours' }]],
    [undefined, inRunner('./ours'), [{ path, because: 'runner', runner: './ours' }]],
    ['24.0.6', inRunner('./ours'), [{ path, because: 'runner', runner: './ours' }]],
    ['20.0.0', inRunner('./ours', `, "nxCloudId": "${id}"`), [{ path, because: 'runner', runner: './ours' }]],
    ['24.0.6', inRunner('./ours', `, "nxCloudId": "${id}"`), []],
  ])('are told for Nx %s: %s', (version, text, expected) => {
    expect(unusedIds(parseNxJson(text), version === undefined ? undefined : nx(version))).toMatchObject(expected);
  });
});
