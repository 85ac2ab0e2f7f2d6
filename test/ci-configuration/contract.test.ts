import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readOnlyTokenName, tokenName } from '../../src/ci-configuration/ci-file.js';
import { ciSystems } from '../../src/ci-configuration/systems/index.js';
import { findTokensInText } from '../../src/protocol/token-search.js';
import { recordToken } from '../support/ledger.js';
import { advise, fixture } from './advise.js';

/** A file of each system and what becomes of it; those without `patched` are never changed. */
const files = [
  { path: '.github/workflows/ci.yml', input: 'github/ci.yml', patched: 'github/ci.patched.yml' },
  { path: '.github/workflows/target.yml', input: 'github/target.yml', patched: 'github/target.patched.yml' },
  { path: '.github/workflows/anchors.yml', input: 'github/anchors.yml', patched: 'github/anchors.patched.yml' },
  { path: '.gitlab-ci.yml', input: 'gitlab/gitlab-ci.yml', patched: 'gitlab/gitlab-ci.patched.yml' },
  { path: 'ci/nx.yml', input: 'gitlab/nx.yml', patched: 'gitlab/nx.patched.yml' },
  { path: 'azure-pipelines.yml', input: 'azure/azure-pipelines.yml', patched: 'azure/azure-pipelines.patched.yml' },
  { path: 'bitbucket-pipelines.yml', input: 'others/bitbucket-pipelines.yml', patched: undefined },
  { path: '.circleci/config.yml', input: 'others/circleci.yml', patched: undefined },
  { path: 'Jenkinsfile', input: 'others/Jenkinsfile', patched: undefined },
  { path: 'Dockerfile', input: 'others/Dockerfile', patched: undefined },
];
const yamlFiles = files.filter(({ path }) => path.endsWith('.yml'));
const oneOfEachSystem = files.filter(
  ({ path }, index) => files.findIndex((other) => systemOf(other.path) === systemOf(path)) === index,
);

const forms: [string, (text: string) => string][] = [
  ['as it is', (text) => text],
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['with a byte order mark', (text) => `\uFEFF${text}`],
  ['with CRLF and a byte order mark', (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
  ['without a line end at the end', (text) => text.trimEnd()],
];

describe.each(files)('a file like fixtures/$input', ({ path, input, patched }) => {
  const text = fixture(input);
  const expected = patched === undefined ? undefined : fixture(patched);

  it.each(forms)('becomes what is beside it, or stays, %s', (_, form) => {
    const advice = advise(form(text), path);
    expect(advice.patched).toBe(expected === undefined ? undefined : form(expected));
    expect(advice.jobs).toEqual(advise(text, path).jobs);
  });

  it.each(forms)('is not changed a second time, %s', (_, form) => {
    const once = form(expected ?? text);
    expect(advise(once, path).patched).toBeUndefined();
  });

  it('has no token anywhere in its advice', () => {
    const advice = advise(text, path);
    expect(findTokensInText(JSON.stringify(advice))).toEqual([]);
    expect(advice.snippet).toContain(tokenName);
    expect(advice.secretStore).toMatch(/token/);
  });
});

describe.each(yamlFiles.filter(({ patched }) => patched !== undefined))('what is added to fixtures/$input', (file) => {
  const text = fixture(file.input);
  const patched = advise(text, file.path).patched ?? '';

  it('is the token and nothing else', () => {
    expect(withoutToken(values(patched))).toEqual(withoutToken(values(text)));
    expect(tokensGiven(values(patched)).length).toBeGreaterThan(tokensGiven(values(text)).length);
    for (const value of tokensGiven(values(patched))) expect(value).toMatch(/^\$/);
  });

  it('leaves every comment where it was', () => {
    expect(commentsOf(patched)).toEqual(commentsOf(text));
  });
});

describe.each(oneOfEachSystem)('whatever stands in $path', ({ path, input }) => {
  it('is either changed by the token alone or left alone, and never breaks the program', () => {
    const text = fixture(input);
    const lines = text.split('\n');
    const noise = [
      '\t',
      '}',
      '{',
      '- ',
      '&a ',
      '*a',
      '<<: *a',
      '"',
      "'",
      '|',
      ': ',
      '#',
      '? ',
      '!x ',
      '---\n',
      '\n',
      'nx',
      '[',
    ];
    const edit = fc.record({
      line: fc.nat(lines.length - 1),
      column: fc.nat(60),
      take: fc.constantFrom(0, 0, 1, 3, 200),
      put: fc.oneof(
        fc.constantFrom(...noise, ''),
        fc.nat(lines.length - 1).map((line) => `\n${lines[line] ?? ''}`),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = [...lines];
        for (const { line, column, take, put } of edits) {
          const old = changed[line] ?? '';
          changed[line] = old.slice(0, column) + put + old.slice(column + take);
        }
        const before = changed.join('\n');
        const { patched } = advise(before, path);
        if (patched === undefined) return;
        expect(withoutToken(values(patched))).toEqual(withoutToken(values(before)));
        expect(advise(patched, path).patched).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });
});

describe.each(oneOfEachSystem.filter(({ path }) => path.endsWith('.yml')))(
  'a $path that cannot be read',
  ({ path }) => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
      .concat('bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefgh'.charAt(at)}, `.repeat(10)}]`))
      .join('\n');
    const texts: [string, string, RegExp][] = [
      ['is no YAML', 'jobs: [', /is not valid YAML \(line 1\), so it was left alone/],
      ['is indented with tabs', 'jobs:\n\tbuild:\n\t\tsteps: []\n', /is not valid YAML \(line 2\)/],
      ['is empty', '', /is empty/],
      ['has comments only', '# nothing\n', /is empty/],
      ['is a list', '- npx nx build\n', /is not a YAML mapping/],
      ['has several documents', 'a: 1\n---\nb: 2\n---\nc: 3\n', /has several YAML documents/],
      ['is larger than 1 MiB', `a: 1${'\n'.repeat(1024 * 1024)}`, /is larger than 1 MiB/],
      ['has aliases that unfold to gigabytes', bomb, /aliases or merge keys that cannot be followed/],
      ['merges a text', 'a:\n  <<: x\n', /cannot be followed/],
      ['is nested very deeply', `a: ${'['.repeat(10_000)}`, /nested too deeply|not valid YAML/],
      ['has an alias inside of what it names', 'a: &a\n  script: [*a]\n', /cannot be followed/],
    ];

    it.each(texts)('is named and left alone when it %s', (_, text, reason) => {
      const advice = advise(text, path);
      expect(advice).toMatchObject({ path, jobs: [] });
      expect(advice.untouched).toMatch(reason);
      expect(advice.untouched).toContain(path);
      expect(advice).not.toHaveProperty('patched');
    });
  },
);

describe.each(oneOfEachSystem)('a token that stands in $path', ({ path }) => {
  const token = btoa('f0b1cafe-1234-4abc-9def-0123456789ab|read-write');
  recordToken(token);
  const texts: Record<string, string> = {
    'GitHub Actions': `on: push\njobs:\n  a:\n    env:\n      NX_CLOUD_ACCESS_TOKEN: ${token}\n    steps:\n      - run: npx nx build\n`,
    'GitLab CI/CD': `a:\n  variables:\n    X: y\n    # old\n    NX_CLOUD_ACCESS_TOKEN: "${token}"\n  script: npx nx build\n`,
    'Azure Pipelines': `steps:\n- script: npx nx build\n  env:\n    X: y\n    NX_CLOUD_ACCESS_TOKEN: '${token}'\n`,
    'Bitbucket Pipelines': `pipelines:\n  default:\n  - step:\n      script:\n      - NX_CLOUD_ACCESS_TOKEN=${token} npx nx build\n`,
    CircleCI: `jobs:\n  a:\n    environment:\n      X: y\n      NX_CLOUD_AUTH_TOKEN: ${token}\n    steps: [{ run: npx nx build }]\n`,
    Jenkins: `pipeline {\n\n\n  environment {\n    NX_CLOUD_ACCESS_TOKEN = '${token}'\n  }\n  stages { stage('a') { steps { sh 'npx nx build' } } }\n}\n`,
    Docker: `FROM node\n\n\n\nENV NX_CLOUD_ACCESS_TOKEN=${token}\nRUN npx nx build\n`,
  };

  it('is named with its line, masked, and counts as a token', () => {
    const advice = advise(texts[systemOf(path)] ?? '', path);
    expect(advice.tokens).toMatchObject([{ line: 5, masked: 'ZjBi…' }]);
    expect(advice.jobs.filter(({ state }) => state !== 'no-nx')).toMatchObject([{ state: 'has-token' }]);
    expect(advice.patched).toBeUndefined();
  });
});

function systemOf(path: string): string {
  return ciSystems.find(({ matches }) => matches(path))?.name ?? 'GitLab CI/CD';
}

function values(text: string): unknown[] {
  const documents = [...parseAllDocuments(text, { merge: true, uniqueKeys: false, logLevel: 'silent' })];
  return documents.map((document): unknown => {
    try {
      return document.toJS();
    } catch (error) {
      // Of GitLab's first document, its header, nothing is read: an alias in it may lead nowhere.
      return String(error);
    }
  });
}

/** The same values without the token, and without the mappings that hold nothing else. */
function withoutToken(value: unknown): unknown {
  if (isList(value)) return value.map(withoutToken);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(
      ([key, inner]) =>
        key !== tokenName ||
        !((typeof inner === 'string' && inner.includes(readOnlyTokenName)) || inner === `$(${tokenName})`),
    )
    .map(([key, inner]): [string, unknown] => [key, withoutToken(inner)])
    .filter(([key, inner]) => !(/^(env|variables)$|SourceBranch/.test(key) && isNothing(inner)));
  return Object.fromEntries(entries);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function tokensGiven(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === tokenName && typeof inner === 'string' ? [inner] : tokensGiven(inner),
  );
}

function commentsOf(text: string): string[] {
  return text.split('\n').filter((line) => /(^|\s)#/.test(line));
}
