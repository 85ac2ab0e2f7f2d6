import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readOnlyTokenName, tokenName } from '../../src/ci-configuration/ci-file.js';
import { advise, statesOf } from './advise.js';

const path = '.github/workflows/ci.yml';
const steps = '    runs-on: ubuntu-latest\n    steps:\n      - run: npx nx build\n';

function secretFor(on: string): string {
  const { patched = '' } = advise(`on: ${on}\njobs:\n  build:\n${steps}`, path);
  return new RegExp(`${tokenName}: (.*)`).exec(patched)?.[1] ?? '';
}

/** `&&` and `||` of GitHub's expressions give one of their operands, as those of JavaScript do ("Expressions"). */
function evaluate(secret: string, github: object, secrets: object): unknown {
  const expression = /^\$\{\{ (.*) \}\}$/.exec(secret)?.[1] ?? '';
  const value: unknown = runInNewContext(expression, { github, secrets });
  return value ?? '';
}

describe('the secret that a job gets', () => {
  const secret = secretFor('[push, pull_request]');
  const both = { [tokenName]: 'read-write', [readOnlyTokenName]: 'read-only' };

  it('is the read-write one for a push to a protected branch, or the read-only one where that is all there is', () => {
    const push = { event_name: 'push', ref_protected: true };
    expect(evaluate(secret, push, both)).toBe('read-write');
    expect(evaluate(secret, push, { [readOnlyTokenName]: 'read-only' })).toBe('read-only');
  });

  it.each([
    { event_name: 'push', ref_protected: false },
    { event_name: 'pull_request', ref_protected: false },
    // The ref of these is that of the default branch.
    { event_name: 'pull_request_target', ref_protected: true },
    { event_name: 'workflow_run', ref_protected: true },
    { event_name: 'issue_comment', ref_protected: true },
  ])('is never the read-write one for %o, also where no read-only one is set', (github) => {
    expect(evaluate(secret, github, both)).toBe('read-only');
    expect(evaluate(secret, github, { [tokenName]: 'read-write' })).toBe('');
    expect(evaluate(secret, github, {})).toBe('');
  });

  it('names each secret, since the runner is sent all of them for a computed name', () => {
    expect(secret).not.toMatch(/secrets\s*\[|toJSON/i);
  });

  it.each([
    'pull_request',
    '[pull_request_target]',
    '{ workflow_run: { workflows: [ci] } }',
    '[schedule, issue_comment]',
  ])('is the read-only one alone in a workflow that no push starts: %s', (on) => {
    expect(secretFor(on)).toBe(`\${{ secrets.${readOnlyTokenName} }}`);
  });

  it.each(['push', '{ push: { branches: [main] } }', 'workflow_call'])('is decided by the event for %s', (on) => {
    expect(secretFor(on)).toBe(secret);
  });
});

describe('a workflow that runs foreign code with secrets', () => {
  it.each(['pull_request_target', 'workflow_run', 'issue_comment'])('is warned about: %s', (event) => {
    const { notes } = advise(`on: [push, ${event}]\njobs:\n  build:\n${steps}`, path);
    expect(notes.join('\n')).toContain(`${event} (line 1) runs with the repository's secrets`);
    expect(notes.join('\n')).toContain('never the read-write one');
  });

  it('is not where it has no Nx, or only pull_request, which gets no secrets from forks', () => {
    const without = 'jobs:\n  docs:\n    runs-on: x\n    steps:\n      - run: npm audit\n';
    expect(advise(`on: pull_request_target\n${without}`, path).notes).toEqual([]);
    expect(advise(`on: pull_request\njobs:\n  build:\n${steps}`, path).notes).toEqual([]);
  });
});

describe('a job has its token already', () => {
  it.each([
    ['from the workflow', `on: push\nenv:\n  ${tokenName}: x\njobs:\n  build:\n${steps}`],
    ['from the job', `on: push\njobs:\n  build:\n    env: { NX_CLOUD_AUTH_TOKEN: x }\n${steps}`],
    ['from each step that runs Nx', `on: push\njobs:\n  build:\n${steps}        env:\n          ${tokenName}: x\n`],
    ['from its command', `on: push\njobs:\n  build:\n${steps.replace('npx', `${tokenName}=$X npx`)}`],
  ])('%s', (_, text) => {
    const advice = advise(text, path);
    expect(statesOf(advice)).toEqual(['build: has-token']);
    expect(advice.patched).toBeUndefined();
  });

  it('but not when one of two steps has it', () => {
    const text = `on: push\njobs:\n  build:\n${steps}        env: { ${tokenName}: x }\n      - run: npx nx test\n`;
    expect(statesOf(advise(text, path))).toEqual(['build: needs-token']);
  });
});

describe('a job that calls another workflow', () => {
  const files = new Map([
    ['.github/workflows/a.yml', `on: workflow_call\njobs:\n  one:\n    uses: ./.github/workflows/b.yml\n`],
    [
      '.github/workflows/b.yml',
      `on: workflow_call\njobs:\n  two:\n${steps}  back:\n    uses: ./.github/workflows/a.yml\n`,
    ],
    ['.github/workflows/idle.yml', 'on: workflow_call\njobs:\n  x:\n    uses: ./.github/workflows/idle.yml\n'],
  ]);
  const calling = (uses: string, secrets = '') =>
    advise(`on: push\njobs:\n  call:\n    uses: ${uses}\n${secrets}`, path, { files });

  it('has to hand the secrets on where Nx runs somewhere below it, and is left to people', () => {
    const advice = calling('./.github/workflows/a.yml');
    expect(statesOf(advice)).toEqual(['call: needs-token, untouched']);
    expect(advice.untouched).toContain('call (line 3): It calls ./.github/workflows/a.yml');
    expect(advice.untouched).toContain('"secrets: inherit"');
    expect(advice.patched).toBeUndefined();
  });

  it.each(['    secrets: inherit\n', `    secrets:\n      ${tokenName}: x\n`])('does so already with %j', (secrets) => {
    expect(statesOf(calling('./.github/workflows/a.yml', secrets))).toEqual(['call: has-token']);
  });

  it('needs nothing where no Nx runs, also when workflows call each other in a circle', () => {
    expect(statesOf(calling('./.github/workflows/idle.yml'))).toEqual(['call: no-nx']);
  });

  it('of another repository is said not to be seen, but for those of Nx itself', () => {
    const foreign = calling('acme/shared/.github/workflows/build.yml@main');
    expect(statesOf(foreign)).toEqual(['call: no-nx']);
    expect(foreign.notes).toContain(
      'Whether acme/shared/.github/workflows/build.yml@main (line 4) runs Nx cannot be seen from here.',
    );
    expect(statesOf(calling('nrwl/ci/.github/workflows/nx-cloud-main.yml@v1'))).toEqual([
      'call: needs-token, untouched',
    ]);
  });
});

it('does not take nrwl/nx-set-shas or the name of an artifact for a run of Nx', () => {
  const text =
    'on: push\njobs:\n  a:\n    steps:\n      - uses: nrwl/nx-set-shas@v4\n      - uses: x/upload@v4\n        with: { name: nx }\n';
  expect(statesOf(advise(text, path))).toEqual(['a: no-nx']);
});
