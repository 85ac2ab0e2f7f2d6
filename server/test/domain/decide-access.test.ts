import { describe, expect, it } from 'vitest';
import {
  decideAccess,
  type AccessDecision,
  type AccessTarget,
  type Principal,
} from '../../src/domain/decide-access.js';
import { presets } from '../../src/domain/presets.js';

const target = (settings: Partial<AccessTarget> = {}): AccessTarget => ({
  id: 'w1',
  name: 'shop',
  organizationSlug: 'acme',
  ...presets.default,
  ...settings,
});
const recommended = target(presets.recommended);
const openSource = target(presets['open-source']);
const notOptedIn = target({ patOptIn: false });

const ciToken = (token: Partial<Principal & { kind: 'ci-token' }> = {}): Principal => ({
  kind: 'ci-token',
  tokenId: 't1',
  workspaceId: 'w1',
  level: 'read-write',
  expired: false,
  ...token,
});
const owner: Principal = { kind: 'person', role: 'owner' };
const admin: Principal = { kind: 'person', role: 'admin' };
const member: Principal = { kind: 'person', role: 'member' };
const stranger: Principal = { kind: 'person', role: null };
const suspended: Principal = { kind: 'person', role: null, suspended: true };
const anonymous: Principal = { kind: 'anonymous' };
const invalid: Principal = { kind: 'invalid-credential' };

const trusted = { kind: 'trusted' } as const;
const closed = (because: string): AccessDecision => ({ level: 'none', scope: null, unauthenticated: false, because });
const unauthenticated = (because: string): AccessDecision => ({
  level: 'none',
  scope: null,
  unauthenticated: true,
  because,
});
const optIn = 'this workspace has not opted in to personal access tokens, so only CI access tokens open it';

// One case, one or two lines: read as a table.
// prettier-ignore
const table: [string, Principal, AccessTarget, AccessDecision][] = [
  ['a read-write CI token of this workspace writes the trusted scope', ciToken(), target(),
    { level: 'read-write', scope: trusted, because: 'the CI access token is read-write for shop' }],
  ['a read-only CI token writes into a scope of its own', ciToken({ level: 'read-only' }), target(),
    { level: 'read-only', scope: { kind: 'isolated', tokenId: 't1' }, because: 'the CI access token is read-only for shop' }],
  ['a CI token needs no opt-in', ciToken(), notOptedIn,
    { level: 'read-write', scope: trusted, because: 'the CI access token is read-write for shop' }],
  ['a CI token of another workspace is no anonymous visitor', ciToken({ workspaceId: 'w2' }), target(),
    unauthenticated('the CI access token belongs to another workspace')],
  ['an expired CI token is no anonymous visitor', ciToken({ expired: true }), target(),
    unauthenticated('the CI access token has expired')],
  ['an unknown, revoked or expired token is no anonymous visitor', invalid, target(),
    unauthenticated('the token is unknown, expired or revoked')],

  ['a member has the level of personal access tokens', member, target(),
    { level: 'read-write', scope: trusted, because: 'you are a member of acme, and personal access tokens are read-write in shop' }],
  ['an admin has no more than that', admin, recommended,
    { level: 'read-only', scope: trusted, because: 'you are an admin of acme, and personal access tokens are read-only in shop' }],
  ['an owner has no more than that either', owner, recommended,
    { level: 'read-only', scope: trusted, because: 'you are an owner of acme, and personal access tokens are read-only in shop' }],
  ['a member of an open-source project writes', member, openSource,
    { level: 'read-write', scope: trusted, because: 'you are a member of acme, and personal access tokens are read-write in shop' }],
  ['a member has nothing where the workspace has not opted in', member, notOptedIn, closed(optIn)],

  ['who is not a member has the anonymous level: none', stranger, recommended,
    closed('you are not a member of acme; anonymous access is off')],
  ['who is not a member has the anonymous level: read-only', stranger, openSource,
    { level: 'read-only', scope: trusted, because: 'you are not a member of acme; anonymous access is read-only' }],
  ['who is not a member has the anonymous level: read-write', stranger, target(),
    { level: 'read-write', scope: trusted, because: 'you are not a member of acme; anonymous access is read-write' }],
  ['who is not a member has nothing where the workspace has not opted in', stranger, notOptedIn, closed(optIn)],

  ['a suspended member has the anonymous level, and is told why: none', suspended, recommended,
    closed('your membership of acme is suspended until GitHub or the sign-in provider confirms it again; anonymous access is off')],
  ['a suspended member has the anonymous level, and is told why: read-only', suspended, openSource,
    { level: 'read-only', scope: trusted, because: 'your membership of acme is suspended until GitHub or the sign-in provider confirms it again; anonymous access is read-only' }],

  ['the nxCloudId alone opens what the default leaves open', anonymous, target(),
    { level: 'read-write', scope: trusted, because: 'no token was sent; anonymous access is read-write' }],
  ['the nxCloudId alone reads an open-source workspace', anonymous, openSource,
    { level: 'read-only', scope: trusted, because: 'no token was sent; anonymous access is read-only' }],
  ['the nxCloudId alone opens nothing with the recommended preset', anonymous, recommended,
    closed('no token was sent; anonymous access is off')],
  ['the nxCloudId alone opens nothing where the workspace has not opted in', anonymous, notOptedIn, closed(optIn)],
];

describe('who may do what', () => {
  it.each(table)('%s', (_sentence, principal, workspace, decision) => {
    expect(decideAccess(principal, workspace)).toEqual(decision);
  });
});
