import { describe, expect, it } from 'vitest';
import { knownIds } from '../../../src/conversion/ids.js';
import { claimAll, createClaims } from '../../../src/conversion/rotation/claims.js';
import { emptyRepository, type MadeRepository } from '../../git/made-repository.js';
import { readWriteToken } from '../../nx-workspace/convert-text.js';

const nxCloudId = '63f1a2b3c4d5e6f708192a3b';
const withToken = `{ "nxCloudAccessToken": "${readWriteToken}" }`;

function repositoryOf(origin: string, files: Record<string, string> = { 'nx.json': withToken }): MadeRepository {
  const made = emptyRepository();
  made.commit(files);
  made.git('remote', 'add', 'origin', origin);
  return made;
}

/** All of a run, where whose a token is says a server. */
async function claimsOf(...repositories: readonly MadeRepository[]) {
  const claims = createClaims(repositories[0]?.env ?? {});
  const chosen = repositories.map(({ root }) => ({ workspace: root, display: (path: string) => path }));
  await claimAll(claims, chosen, {
    ids: ({ tokens }) =>
      Promise.resolve(knownIds(new Map(tokens.map(({ accessToken }) => [accessToken.token, nxCloudId])))),
  });
  return claims;
}

describe('the repositories that have a token of one workspace', () => {
  it('are told of each other, by what their host calls them', async () => {
    const [shop, other] = [repositoryOf('git@github.com:acme/shop.git'), repositoryOf('https://github.com/acme/x.git')];
    const claims = await claimsOf(shop, other);
    expect(await claims.ofOthers(shop.root, nxCloudId)).toEqual(['acme/x']);
    expect(await claims.ofOthers(other.root, nxCloudId)).toEqual(['acme/shop']);
  });

  it('are one where they are clones of the same', async () => {
    const clones = [repositoryOf('git@github.com:acme/shop.git'), repositoryOf('https://github.com/acme/shop.git')];
    const claims = await claimsOf(...clones);
    for (const { root } of clones) expect(await claims.ofOthers(root, nxCloudId)).toEqual([]);
    expect(claims.ofRepository('acme/shop')).toEqual([nxCloudId]);
  });

  it('are those with a token that can be read, and no others', async () => {
    const shop = repositoryOf('git@github.com:acme/shop.git');
    const broken = repositoryOf('git@github.com:acme/broken.git', { 'nx.json': '{' });
    const without = repositoryOf('git@github.com:acme/without.git', { 'nx.json': '{}' });
    const claims = await claimsOf(broken, without, shop);
    expect(await claims.ofOthers(shop.root, nxCloudId)).toEqual([]);
    expect(await claims.ofOthers(without.root, nxCloudId)).toEqual(['acme/shop']);
  });
});
