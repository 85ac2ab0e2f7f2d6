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
  const all = [ciToken, personalToken, readToken, readWriteToken];
  const pairs = all.flatMap((one) => all.map((other) => [one, other] as const));
  const text = `//${readWriteToken}\n"a": "${ciToken}", /*${readToken}*/ ${personalToken}x ${readToken}`;

  it('gives up all of them', () => {
    expect(findTokensInText(text).map(({ token }) => token)).toEqual([
      readWriteToken,
      ciToken,
      readToken,
      personalToken,
      readToken,
    ]);
  });

  it('gives up each of two that stand without anything between them', () => {
    for (const [one, other] of pairs) {
      expect(findTokensInText(one + other)).toEqual([
        { token: one, offset: 0 },
        { token: other, offset: one.length },
      ]);
    }
  });

  it('gives up one that lost a character or got one, as it stands', () => {
    const cut = ciToken.slice(0, -1);
    expect(findTokensInText(`${cut} ${cut}!`).map(({ token }) => token)).toEqual([cut, cut]);
  });

  it('shows nothing of the second of two without anything between them', () => {
    for (const [one, other] of pairs) {
      const masked = maskTokensInText(`${one}${other}.`);
      recordOutput('two masked tokens', masked);
      expect(masked).toMatch(/^\w{4,8}…(?:\w{4,8}…)?\.$/);
    }
  });

  it('shows no token of Nx Cloud whose padding is missing, or encoded as in an address', () => {
    const bare = readWriteToken.replace(/=+$/, '');
    expect(maskTokensInText(`?token=${bare}%3D&a=b ${bare}`)).toBe('?token=NWIw…&a=b NWIw…');
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
