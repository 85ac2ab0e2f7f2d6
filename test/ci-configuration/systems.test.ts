import { describe, expect, it } from 'vitest';
import { advise, fixture, statesOf } from './advise.js';

describe('GitLab', () => {
  const path = '.gitlab-ci.yml';

  it('follows what jobs extend, refer to and merge, and adds the variable where the script stands', () => {
    expect(statesOf(advise(fixture('gitlab/gitlab-ci.yml'), path))).toEqual([
      '.setup: no-nx',
      '.base: no-nx',
      'lint: needs-token',
      'test: needs-token',
      'affected: needs-token',
      'again: needs-token',
      'deploy: no-nx',
      'child: no-nx',
    ]);
  });

  it('says which includes cannot be seen', () => {
    const text = `include:\n  - project: acme/ci\n    file: a.yml\n  - remote: https://example.com/b.yml\n  - template: Node.gitlab-ci.yml\n  - component: $CI_SERVER_FQDN/acme/nx@1\n`;
    expect(advise(text, path).notes).toEqual([
      'Whether jobs of acme/ci (included on line 2) run Nx cannot be seen from here.',
      'Whether jobs of https://example.com/b.yml (included on line 4) run Nx cannot be seen from here.',
      'Whether jobs of Node.gitlab-ci.yml (included on line 5) run Nx cannot be seen from here.',
      'Whether jobs of $CI_SERVER_FQDN/acme/nx@1 (included on line 6) run Nx cannot be seen from here.',
    ]);
  });

  it('counts what runs before every job, for those that run something and do not refuse it', () => {
    const text =
      'default:\n  before_script: [npx nx reset]\na:\n  script: make\nb:\n  before_script: []\n  after_script: []\n  script: make\n' +
      'c:\n  inherit: { default: false }\n  script: make\nd:\n  trigger: acme/other\n';
    expect(statesOf(advise(text, path))).toEqual(['a: needs-token', 'b: no-nx', 'c: no-nx', 'd: no-nx']);
  });

  it('lets the variable of a job that is extended, or of all, count', () => {
    const variables = 'variables: { NX_CLOUD_ACCESS_TOKEN: $OTHER }\n';
    expect(statesOf(advise(`.x:\n  ${variables}a:\n  extends: .x\n  script: nx build\n`, path))).toEqual([
      '.x: no-nx',
      'a: has-token',
    ]);
    expect(statesOf(advise(`${variables}a:\n  script: nx build\n`, path))).toEqual(['a: has-token']);
  });

  it('leaves a job alone whose variables come through a merge key: its own would take their place', () => {
    const text = '.x: &x\n  variables: { A: b }\na:\n  <<: *x\n  script: nx build\n';
    const advice = advise(text, path);
    expect(advice.patched).toBeUndefined();
    expect(advice.untouched).toBe(
      'a (line 3): It was left alone, since its "variables" comes through a merge key (<<).',
    );
  });

  it('adds it to an anchored job, and so to those that merge it', () => {
    const advice = advise('a: &a\n  script: nx build\nb:\n  <<: *a\n  stage: test\n', path, { files: new Map() });
    expect(advice.patched).toBe(
      'a: &a\n  script: nx build\n  variables:\n    NX_CLOUD_ACCESS_TOKEN: $NX_CLOUD_ACCESS_TOKEN_READ_ONLY\nb:\n  <<: *a\n  stage: test\n' +
        '  variables:\n    NX_CLOUD_ACCESS_TOKEN: $NX_CLOUD_ACCESS_TOKEN_READ_ONLY\n',
    );
  });

  it('comes out of jobs that extend or refer to each other in a circle', () => {
    const text =
      'a:\n  extends: [b, b]\nb:\n  extends: [a, a]\n  script:\n    - !reference [c, script]\nc:\n  script:\n    - !reference [b, script]\n';
    expect(statesOf(advise(text, path))).toEqual(['a: no-nx', 'b: no-nx', 'c: no-nx']);
  });
});

describe('Azure Pipelines', () => {
  const path = 'azure-pipelines.yml';

  it('maps the secret by branch in each step that runs Nx, wherever it is', () => {
    const advice = advise(fixture('azure/azure-pipelines.yml'), path);
    expect(statesOf(advice)).toEqual(['affected: needs-token', 'web: has-token']);
    expect(advice.notes[0]).toBe('Whether node.yml@templates (line 34) runs Nx cannot be seen from here.');
  });

  it.each([
    ['a block that keeps its empty lines', '- script: |+\n    npx nx build\n\n', '- script: |+\n    npx nx build\n\n'],
    ['a block that does not', '- script: |\n    npx nx build\n\n', '- script: |\n    npx nx build\n'],
    ['a text over two lines', '- script: "npx nx\n    build" # c\n', '- script: "npx nx\n    build" # c\n'],
  ])('writes below %s', (_, step, before) => {
    const { patched = '' } = advise(`steps:\n${step}- script: echo\n`, path);
    expect(patched).toContain(
      `steps:\n${before}  env:\n    \${{ if eq(variables['Build.SourceBranch'], 'refs/heads/main') }}:\n`,
    );
    expect(patched.endsWith('- script: echo\n')).toBe(true);
  });

  it('takes a variable of the file itself for a token: Azure hands it to all steps', () => {
    const step = 'steps:\n- script: npx nx build\n';
    for (const variables of ['  NX_CLOUD_ACCESS_TOKEN: x', '- name: NX_CLOUD_ACCESS_TOKEN\n  value: x']) {
      expect(statesOf(advise(`variables:\n${variables}\n${step}`, path))).toEqual(['steps: has-token']);
    }
  });
});

describe('systems that hand variables to jobs by themselves', () => {
  it('have nothing to change: Bitbucket, its steps counted once however often they are used', () => {
    const advice = advise(fixture('others/bitbucket-pipelines.yml'), 'bitbucket-pipelines.yml');
    expect(statesOf(advice)).toEqual(['Build: needs-token', 'Audit: no-nx', 'Own token: has-token']);
    expect(advice.untouched).toContain('Nothing has to change in bitbucket-pipelines.yml');
  });

  it('have nothing to change: CircleCI, with commands, conditions, contexts and orbs', () => {
    const advice = advise(fixture('others/circleci.yml'), '.circleci/config.yml');
    expect(advice.jobs).toEqual([
      { name: 'test', line: 13, state: 'needs-token', nxLine: 11 },
      { name: 'audit', line: 21, state: 'no-nx' },
    ]);
    expect(advice.notes).toEqual([
      'test (line 28) has the context npm, nx: the token may be there already, or can be added to it.',
      'Whether the job node/test (line 31) runs Nx is up to its orb, and cannot be seen from here.',
    ]);
  });
});

describe('Jenkins', () => {
  it('is told the line of the environment block, and comments are no commands', () => {
    const advice = advise(fixture('others/Jenkinsfile'), 'Jenkinsfile');
    expect(statesOf(advice)).toEqual(['pipeline: no-nx', 'Install: no-nx', 'Build: needs-token', 'Test: needs-token']);
    expect(advice.jobs.map(({ nxLine }) => nxLine)).toEqual([undefined, undefined, 14, 19]);
    expect(advice.untouched).toContain('into the environment block on line 4');
  });

  it.each([
    [
      "pipeline {\n  stages {\n    stage('a') { environment { A = 'b' }\n steps { sh 'nx build' } }\n  }\n}",
      'starts on line 1, above "stages"',
    ],
    ["node {\n  stage('a') { sh 'nx build' }\n}", 'withCredentials([string('],
  ])('is told where it goes in %j', (text, place) => {
    expect(advise(text, 'Jenkinsfile').untouched).toContain(place);
  });

  it('has its token when the program mentions it outside of comments', () => {
    const stage = "pipeline { stages { stage('a') { steps { sh 'nx build' } } } }";
    const states = (text: string) => statesOf(advise(text, 'Jenkinsfile')).at(-1);
    expect(states(`environment { NX_CLOUD_ACCESS_TOKEN = credentials('nx') }\n${stage}`)).toBe('a: has-token');
    expect(states(`// NX_CLOUD_ACCESS_TOKEN\n${stage}`)).toBe('a: needs-token');
  });

  it('takes the id of a credential for no token', () => {
    expect(
      advise("environment { NX_CLOUD_ACCESS_TOKEN = credentials('nx-cloud-access-token') }", 'Jenkinsfile').tokens,
    ).toEqual([]);
  });
});

describe('Docker', () => {
  it('is told of ARG and ENV, and to use a build secret', () => {
    const advice = advise(fixture('others/Dockerfile'), 'Dockerfile');
    expect(advice.jobs).toEqual([
      { name: 'base', line: 2, state: 'no-nx' },
      { name: 'build', line: 4, state: 'has-token', nxLine: 8 },
      { name: 'test', line: 9, state: 'needs-token', nxLine: 11 },
      { name: 'safe', line: 12, state: 'has-token', nxLine: 13 },
    ]);
    expect(advice.notes).toEqual([
      'ARG on line 5 leaves the token in the image and its history, for everybody who can pull it. Use a build secret instead.',
    ]);
  });
});
