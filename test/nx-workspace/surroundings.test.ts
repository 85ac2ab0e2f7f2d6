import { describe, expect, it } from 'vitest';
import { tokenVariables, tokenVariablesOf } from '../../src/nx-workspace/nx-cloud-env.js';
import { findTokensInText, maskTokensInText } from '../../src/protocol/token-search.js';
import { recordOutput } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { ciToken, personalToken, readToken, readWriteToken } from './convert-text.js';

describe('nx-cloud.env', () => {
  it('tells which variables hold a token, and on which lines', () => {
    const text = `# NX_CLOUD_ACCESS_TOKEN=x\r\n\r\nNX_CLOUD_ACCESS_TOKEN=${readToken}\r\n export NX_CLOUD_AUTH_TOKEN = "x" # y\nNX_CLOUD_API=https://x`;
    expect(tokenVariables(text)).toEqual([
      { name: 'NX_CLOUD_ACCESS_TOKEN', line: 3 },
      { name: 'NX_CLOUD_AUTH_TOKEN', line: 4 },
    ]);
  });

  it.each([
    'NX_CLOUD_ACCESS_TOKEN=',
    "NX_CLOUD_ACCESS_TOKEN=''",
    'NX_CLOUD_ACCESS_TOKEN= # none',
    'MY_NX_CLOUD_ACCESS_TOKEN=x',
    'NX_CLOUD_ACCESS_TOKENS=x',
    '',
  ])('holds none in %j', (text) => {
    expect(tokenVariables(text)).toEqual([]);
  });

  it('may be missing', async () => {
    await expect(tokenVariablesOf(tempDir())).resolves.toEqual([]);
  });
});

describe('text with tokens in it', () => {
  const text = `//${readWriteToken}\n"a": "${ciToken}", /*${readToken}*/ ${personalToken}x ${readToken}`;

  it('gives up all of them', () => {
    expect(findTokensInText(text).map(({ token }) => token)).toEqual([
      readWriteToken,
      ciToken,
      readToken,
      `${personalToken}x`,
      readToken,
    ]);
  });

  it('can be shown when they are masked', () => {
    const masked = maskTokensInText(text);
    recordOutput('masked text', masked);
    expect(masked).toBe(`//NWIw…\n"a": "nxc_abcd…", /*NmYx…*/ nxp_… NmYx…`);
  });

  it('is not confused by other base64', () => {
    expect(
      findTokensInText(`${btoa('x'.repeat(36))}fHJlYWQ= ${btoa('some other text that is long enough to be one|read')}`),
    ).toEqual([]);
  });
});
