import { describe, expect, it } from 'vitest';
import { nxEnvironment } from '../../../../src/cli/commands/run/nx-environment.js';

const url = 'https://cache.acme.example/w/63f1a2b3c4d5e6f708192a3b';
const before = {
  PATH: '/bin',
  NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'https://other.example',
  NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: 'for-the-other',
};

/** As a program sees it: Node leaves out what is undefined. */
function seen(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

describe('the environment that the command gets', () => {
  it('names the cache and the token, and turns Nx Cloud off', () => {
    expect(seen(nxEnvironment(before, { kind: 'usable', url, token: 'mine' }))).toEqual({
      PATH: '/bin',
      NX_NO_CLOUD: 'true',
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: url,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: 'mine',
    });
  });

  it('has no token for anonymous access, also not one that was there for another server', () => {
    expect(seen(nxEnvironment(before, { kind: 'usable', url, token: null }))).toEqual({
      PATH: '/bin',
      NX_NO_CLOUD: 'true',
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: url,
    });
  });

  it('has no cache when it cannot be used; Nx Cloud stays off, since its client comes from the same server', () => {
    expect(seen(nxEnvironment(before, { kind: 'unusable' }))).toEqual({ PATH: '/bin', NX_NO_CLOUD: 'true' });
  });

  it('leaves Nx Cloud alone where nothing says that the workspace is ours', () => {
    expect(seen(nxEnvironment({ PATH: '/bin' }, { kind: 'not-ours' }))).toEqual({ PATH: '/bin' });
    expect(seen(nxEnvironment({ NX_NO_CLOUD: 'false' }, { kind: 'not-ours' }))).toEqual({ NX_NO_CLOUD: 'false' });
  });
});
