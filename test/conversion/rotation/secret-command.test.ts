import { describe, expect, it } from 'vitest';
import { fillIn, parseSecretCommand } from '../../../src/conversion/rotation/secret-command.js';
import { UsageError } from '../../../src/errors.js';
import { recordOutput, recordToken } from '../../support/ledger.js';

const values = {
  repo: 'acme/shop',
  name: 'NX_CLOUD_ACCESS_TOKEN',
  workspace: '/home/ada/shop',
  nxCloudId: '0123456789abcdef01234567',
  access: 'read-write',
};

function usageError(text: string): UsageError {
  try {
    parseSecretCommand(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    recordOutput('a refused secret command', `${error.message} ${error.remedy ?? ''}`);
    return error;
  }
  throw new Error(`${text} was taken`);
}

describe('a secret command', () => {
  it.each([
    ['gh secret set {name} -R {repo}', ['gh', 'secret', 'set', '{name}', '-R', '{repo}']],
    ['  a\t b\n', ['a', 'b']],
    [`a 'b c' "d 'e' f" g\\ h`, ['a', 'b c', "d 'e' f", 'g h']],
    [`a '' "" b''c`, ['a', '', '', 'bc']],
    [`a "say \\"hi\\" for \\$5 \\\\ \\n"`, ['a', 'say "hi" for $5 \\ \\n']],
    [`a '| $HOME \`x\`' \\| 5$ $5`, ['a', '| $HOME `x`', '|', '5$', '$5']],
    [`C:\\tools\\gh.exe "C:\\my tools\\x"`, ['C:\\tools\\gh.exe', 'C:\\my tools\\x']],
    [`curl --data '{"to": "x"}' {}`, ['curl', '--data', '{"to": "x"}', '{}']],
  ])('is split into words as by a shell: %s', (text, words) => {
    expect(parseSecretCommand(text).words).toEqual(words);
  });

  it('has its placeholders filled in, also within words, and says which there are', () => {
    const command = parseSecretCommand(
      "vault kv put 'ci/{repo}/{name}' value=- --if={access} {workspace} {nxCloudId} {repo}",
    );
    expect([...command.placeholders].sort()).toEqual(['access', 'name', 'nxCloudId', 'repo', 'workspace']);
    expect(fillIn(command, values)).toEqual([
      'vault',
      'kv',
      'put',
      'ci/acme/shop/NX_CLOUD_ACCESS_TOKEN',
      'value=-',
      '--if=read-write',
      '/home/ada/shop',
      '0123456789abcdef01234567',
      'acme/shop',
    ]);
    expect(parseSecretCommand('store').placeholders.size).toBe(0);
  });

  it('gets a value as one word, whatever it consists of', () => {
    const hostile = `/x/a b' "; $(touch y) {name} $& $1`;
    expect(fillIn(parseSecretCommand('store {workspace} x'), { ...values, workspace: hostile })).toEqual([
      'store',
      hostile,
      'x',
    ]);
  });

  it.each([
    ['', 'is empty'],
    [' ', 'is empty'],
    ["''", 'is empty'],
    ['{repo} x', 'begins with a placeholder'],
    ['gh -R {owner}', 'a placeholder {owner}, which there is not'],
    ['gh -R {constructor}', 'a placeholder {constructor}, which there is not'],
    [`gh 'x`, `a ' that nothing ends`],
    ['gh "x', 'a " that nothing ends'],
    ['cat | gh', 'a | that only a shell understands'],
    ['gh > log', 'a > that only a shell understands'],
    ['gh "$HOME"', 'a $ that only a shell understands'],
    ['gh `x`', 'a ` that only a shell understands'],
    ['a && b', 'a & that only a shell understands'],
    [`sh -c 'store {repo}'`, '{repo} within code for sh'],
    [`/bin/bash -ec "store '{workspace}'"`, '{workspace} within code for bash'],
    [`node -e 'x("{workspace}")'`, '{workspace} within code for node'],
    ['cmd.exe /d /c store {workspace}', '{workspace} within code for cmd'],
    ['powershell -Command store {workspace}', '{workspace} within code for powershell'],
    [`sudo -u ci env A=b bash -c 'store {workspace}'`, '{workspace} within code for bash'],
    ['docker exec -i store /bin/sh -c "put {workspace}"', '{workspace} within code for sh'],
    ['ssh secrets.acme.com put {workspace}', '{workspace} within code for ssh'],
  ])('is refused before anything is made: %s', (text, says) => {
    const error = usageError(text);
    expect(error.message).toContain(says);
    expect(error.remedy).not.toBe('');
  });

  it('may have a shell run code that gets the values as arguments', () => {
    for (const text of [`sh -c 'store --into "$1"' sh {repo}`, `sh -c "store --into \\"$1\\"" sh {repo}`]) {
      expect(fillIn(parseSecretCommand(text), values)).toEqual(['sh', '-c', 'store --into "$1"', 'sh', 'acme/shop']);
    }
  });

  it('never has a token in it, nor repeats one', () => {
    const token = Buffer.from('2b6c1b6e-0b3c-4d5e-8f70-91a2b3c4d5e6|read-write').toString('base64');
    recordToken(token);
    expect(usageError(`echo ${token} {wrong}`).message).toContain('has an access token in it');
  });
});
