import { describe, expect, it } from 'vitest';
import type { Role } from '../../../../src/protocol/wire-types.js';
import type { Standing, StandingAccount } from '../../../src/domain/github/repository.js';
import { differs, isStale, wantedMembership } from '../../../src/domain/github/wanted-membership.js';

const user = { id: 'u1', email: 'grace@acme.example' };
const account = (change: Partial<StandingAccount> = {}): StandingAccount => ({
  isAdmin: false,
  isHeld: false,
  teamRoles: [],
  ...change,
});
const held = account({ isHeld: true });
const membership = (
  role: Role,
  { source = 'github', suspendedAt = null }: Partial<NonNullable<Standing['membership']>> = {},
) => ({ role, source, suspendedAt });
const standing = (accounts: StandingAccount[], current: Standing['membership'] = null): Standing => ({
  user,
  accounts,
  membership: current,
});

describe('the role of a member', () => {
  it.each<[string, StandingAccount[], adminRole: Role, Role]>([
    ['a member without a team', [account()], 'owner', 'member'],
    ['an owner at GitHub', [account({ isAdmin: true })], 'owner', 'owner'],
    ['an owner at GitHub, who are admins here', [account({ isAdmin: true })], 'admin', 'admin'],
    ['an owner at GitHub, who are members here', [account({ isAdmin: true })], 'member', 'member'],
    ['a member of a team', [account({ teamRoles: ['admin'] })], 'owner', 'admin'],
    ['a member of two teams: the higher', [account({ teamRoles: ['member', 'owner'] })], 'admin', 'owner'],
    ['the same the other way round', [account({ teamRoles: ['owner', 'member'] })], 'admin', 'owner'],
    ['a member of a team that gives no more', [account({ teamRoles: ['member'] })], 'owner', 'member'],
    ['an owner in a team that gives more', [account({ isAdmin: true, teamRoles: ['owner'] })], 'admin', 'owner'],
    ['an owner in a team that gives less', [account({ isAdmin: true, teamRoles: ['member'] })], 'admin', 'admin'],
    ['two accounts: the higher', [account(), account({ teamRoles: ['admin'] })], 'owner', 'admin'],
    ['two accounts, one that is held and higher', [account(), { ...held, isAdmin: true }], 'owner', 'member'],
  ])('is, for %s', (_who, accounts, adminRole, role) => {
    expect(wantedMembership(standing(accounts), { adminRole }, false)).toEqual({ role, isSuspended: false });
    // Whatever there was before.
    for (const before of [membership('owner'), membership('member', { suspendedAt: 1 }), membership('admin')]) {
      expect(wantedMembership(standing(accounts, before), { adminRole }, false)).toEqual({ role, isSuspended: false });
    }
  });
});

describe('somebody', () => {
  const suspended = membership('admin', { suspendedAt: 1 });
  it.each<[string, Standing, stale: boolean, ReturnType<typeof wantedMembership>]>([
    ['who is not at GitHub is no member', standing([]), false, null],
    ['who has left is a member no more', standing([], membership('owner')), false, null],
    ['who has left is a member no more, suspended or not', standing([], suspended), true, null],
    [
      'is suspended when GitHub has not confirmed it',
      standing([account()]),
      true,
      { role: 'member', isSuspended: true },
    ],
    [
      'is suspended then with the role that is known',
      standing([account({ isAdmin: true })], membership('member')),
      true,
      { role: 'owner', isSuspended: true },
    ],
    ['is restored when it has', standing([account()], suspended), false, { role: 'member', isSuspended: false }],
    [
      'who is held keeps what they have',
      standing([held], membership('admin')),
      false,
      { role: 'admin', isSuspended: false },
    ],
    [
      'who is held keeps no more than that',
      standing([{ ...held, isAdmin: true }], membership('member')),
      false,
      { role: 'member', isSuspended: false },
    ],
    [
      'who is held is suspended with all others',
      standing([held], membership('admin')),
      true,
      { role: 'admin', isSuspended: true },
    ],
    ['who is held is not restored', standing([held], suspended), false, { role: 'admin', isSuspended: true }],
    ['who is held gets nothing new', standing([held]), false, null],
    [
      'who is held gets nothing for what they have by hand',
      standing([held], membership('admin', { source: 'manual' })),
      false,
      null,
    ],
    [
      'who is a member by hand is one by GitHub as well, as far as GitHub is concerned',
      standing([account()], membership('owner', { source: 'manual' })),
      false,
      { role: 'member', isSuspended: false },
    ],
  ])('%s', (_what, of, stale, wanted) => {
    expect(wantedMembership(of, { adminRole: 'owner' }, stale)).toEqual(wanted);
  });
});

describe('there is something to do', () => {
  const member = { role: 'member', isSuspended: false } as const;
  it.each<[boolean, string, Standing['membership'], ReturnType<typeof wantedMembership>]>([
    [false, 'nobody is wanted and nobody there', null, null],
    [true, 'somebody is wanted who is not there', null, member],
    [true, 'somebody is there who is not wanted', membership('member'), null],
    [false, 'it is as wanted', membership('member'), member],
    [true, 'the role is another', membership('admin'), member],
    [true, 'it is suspended and should not be', membership('member', { suspendedAt: 1 }), member],
    [true, 'it is to be suspended', membership('member'), { ...member, isSuspended: true }],
    [false, 'it is suspended as wanted', membership('member', { suspendedAt: 1 }), { ...member, isSuspended: true }],
    [false, 'a membership by hand is there, whatever is wanted', membership('owner', { source: 'manual' }), member],
    [false, 'a membership by hand is there, and none wanted', membership('owner', { source: 'manual' }), null],
    [false, 'one of an identity provider is there', membership('owner', { source: 'oidc', suspendedAt: 1 }), member],
  ])('%s: %s', (expected, _what, current, wanted) => {
    expect(differs(standing([], current), wanted)).toBe(expected);
  });
});

describe('what GitHub has said is too old', () => {
  it.each<[boolean, string, { confirmedAt: number | null; createdAt: number; now: number }]>([
    [false, 'at the moment of its confirmation', { confirmedAt: 1000, createdAt: 0, now: 1000 }],
    [false, 'to the last moment of the time that is given', { confirmedAt: 1000, createdAt: 0, now: 1100 }],
    [true, 'and the moment after', { confirmedAt: 1000, createdAt: 0, now: 1101 }],
    [false, 'never confirmed, from the connection on', { confirmedAt: null, createdAt: 1000, now: 1100 }],
    [true, 'never confirmed for too long', { confirmedAt: null, createdAt: 1000, now: 1101 }],
    [false, 'not when a clock was set back', { confirmedAt: 1000, createdAt: 0, now: 900 }],
  ])('%s: %s', (expected, _what, { now, ...connection }) => {
    expect(isStale(connection, { now, staleAfterMs: 100 })).toBe(expected);
  });
});
