import { expect, it } from 'vitest';
import { parseGroupRoles, rolesOf } from '../../src/domain/identities/group-roles.js';
import { addressOf, displayNameOf, labelOf } from '../../src/domain/identities/new-account.js';
import { createSeal } from '../../src/domain/seal.js';

it('reads groups with their roles, names with blanks in double quotes', () => {
  expect(parseGroupRoles(' *=acme:member, "On call = day"=ops:admin;urn:team:x=acme:owner\n')).toEqual({
    ok: true,
    groupRoles: [
      { group: '*', organizationSlug: 'acme', role: 'member' },
      { group: 'On call = day', organizationSlug: 'ops', role: 'admin' },
      { group: 'urn:team:x', organizationSlug: 'acme', role: 'owner' },
    ],
  });
  expect(parseGroupRoles('')).toEqual({ ok: true, groupRoles: [] });
});

it.each([
  'platform',
  'platform=acme',
  '=acme:member',
  '"=acme:member',
  '""=acme:member',
  'x=Acme:member',
  'x=acme:Admin',
])('takes no %s for a role', (text) => {
  expect(parseGroupRoles(text).ok).toBe(false);
});

it('gives the highest role that any group has in an organization, wherever it stands', () => {
  const parsed = parseGroupRoles('platform=acme:admin *=acme:member leads=acme:owner ops=ops:member');
  if (!parsed.ok) throw new Error(parsed.reason);
  const roles = (groups: string[]) =>
    [...rolesOf(groups, parsed.groupRoles)].map(([slug, { role }]) => `${slug}: ${role}`);
  expect(roles([])).toEqual(['acme: member']);
  expect(roles(['platform', 'ops'])).toEqual(['acme: admin', 'ops: member']);
  expect(roles(['leads', 'platform'])).toEqual(['acme: owner']);
  // Nobody is in the group of everybody by saying so, and names are compared as they are.
  expect(roles(['Platform', 'platform '])).toEqual(['acme: member']);
});

it('calls an account by what can be shown and belongs to nobody else', () => {
  const proven = {
    issuer: 'https://login.acme.example',
    subject: 'auth0|7',
    label: 'a\u0000b\u202e',
    name: ' \u200b ',
    email: null,
    groups: [],
    refreshToken: null,
  };
  expect(labelOf(proven)).toBe('ab');
  expect(displayNameOf(proven)).toBe('ab');
  expect(addressOf(proven)).toBe('auth0|7@users.noreply.login.acme.example');
  expect(addressOf({ ...proven, subject: 'a b<c>' })).toMatch(/^[0-9a-f]{32}@users\.noreply\.login\.acme\.example$/);
  expect(addressOf({ ...proven, email: ' Grace@Acme.example ' })).toBe('grace@acme.example');
  expect(addressOf({ ...proven, email: 'no address' })).toBe('auth0|7@users.noreply.login.acme.example');
});

it('opens what was sealed with the same secret, for the same purpose and context, and unchanged', () => {
  const seal = createSeal('secret', 'test');
  const sealed = seal.seal('text', 'context');
  expect(seal.open(sealed, 'context')).toBe('text');
  expect(createSeal('secret', 'test').open(sealed, 'context')).toBe('text');
  expect(seal.seal('text', 'context')).not.toBe(sealed);
  const wrong = [
    seal.open(sealed, 'other'),
    createSeal('secret', 'other').open(sealed, 'context'),
    createSeal('other', 'test').open(sealed, 'context'),
    seal.open(`${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`, 'context'),
    seal.open(sealed.slice(0, -4), 'context'),
    seal.open('', 'context'),
  ];
  expect(wrong).toEqual([null, null, null, null, null, null]);
});
