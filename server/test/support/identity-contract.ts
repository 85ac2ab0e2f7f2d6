import { beforeEach, expect, it } from 'vitest';
import type { Identity } from '../../src/domain/model.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;
const issuer = 'https://login.acme.example';
const ada = { id: 'u1', email: 'ada@acme.example', name: 'Ada', createdAt: now };

const identity = (change: Partial<Identity> = {}): Identity => ({
  issuer,
  subject: 'ada-1',
  userId: 'u1',
  label: 'ada@acme.example',
  createdAt: now,
  lastSignInAt: null,
  sealedRefreshToken: null,
  checkedAt: null,
  askedAt: null,
  ...change,
});
/** One that the provider can be asked about. */
const askable = (subject: string, askedAt: number | null, change: Partial<Identity> = {}) =>
  identity({ subject, askedAt, sealedRefreshToken: `sealed-${subject}`, ...change });

/** What every database has to keep of logins elsewhere. Both are of one database, which has the user u1. */
export function testIdentities(database: () => Database, other: () => Database): void {
  const identities = () => database().identities;
  const known = async (subject = 'ada-1') => (await identities().find(issuer, subject))?.identity;
  const due = async (before: number, limit = 9) =>
    (await identities().due(issuer, before, limit)).map(({ identity: { subject } }) => subject);
  /** How many of several attempts, made at once on both connections, changed something. */
  async function winners(attempt: (repository: Database['identities']) => Promise<boolean>): Promise<number> {
    const attempts = [database(), other(), database()].map((each) => attempt(each.identities));
    return (await Promise.all(attempts)).filter(Boolean).length;
  }

  beforeEach(async () => {
    await database().users.insert({ id: 'u2', email: 'eve@acme.example', name: 'Eve', createdAt: now });
  });

  it('belong to one user, who is found by them', async () => {
    expect(await winners((repository) => repository.insert(identity()))).toBe(1);
    expect(await identities().insert(identity({ userId: 'u2', label: 'eve' }))).toBe(false);
    expect(await other().identities.find(issuer, 'ada-1')).toEqual({ identity: identity(), user: ada });
    expect(await identities().find(issuer, 'ada-2')).toBeNull();
    expect(await identities().find('https://login.other.example', 'ada-1')).toBeNull();
  });

  it('are told from those of another issuer, and by every letter of the subject', async () => {
    const elsewhere = identity({ issuer: 'https://github.com', userId: 'u2' });
    const shouted = identity({ subject: 'ADA-1', userId: 'u2' });
    for (const each of [identity(), elsewhere, shouted]) expect(await identities().insert(each)).toBe(true);
    expect((await identities().find('https://github.com', 'ada-1'))?.user.id).toBe('u2');
    expect((await identities().find(issuer, 'ADA-1'))?.user.id).toBe('u2');
    expect((await identities().find(issuer, 'ada-1'))?.user.id).toBe('u1');
  });

  it('are listed of a user, by issuer and subject', async () => {
    const [first, second] = [identity({ issuer: 'https://a.example' }), identity({ subject: 'ada-0' })];
    for (const each of [identity(), second, identity({ subject: 'eve-1', userId: 'u2' }), first]) {
      await identities().insert(each);
    }
    expect(await identities().ofUser('u1')).toEqual([first, second, identity()]);
    expect(await identities().ofUser('nobody')).toEqual([]);
  });

  it('say when they were last signed in with, and keep the refresh token when there is no new one', async () => {
    await identities().insert(identity());
    const token = 'sealed';
    await identities().recordSignIn(identity({ label: 'ada@new' }), { at: now + 1, sealedRefreshToken: token });
    const times = { lastSignInAt: now + 1, checkedAt: now + 1, askedAt: now + 1 };
    expect(await known()).toEqual(identity({ ...times, label: 'ada@new', sealedRefreshToken: token }));
    await identities().recordSignIn(identity({ label: 'ada' }), { at: now + 2, sealedRefreshToken: null });
    expect(await known()).toMatchObject({ label: 'ada', lastSignInAt: now + 2, sealedRefreshToken: token });
  });

  it('change nothing for an answer about a refresh token that is not the one any more', async () => {
    await identities().insert(askable('ada-1', now));
    const check = { at: now + 1, former: 'another', sealedRefreshToken: 'new' };
    expect(await identities().recordCheck(identity(), check)).toBe(false);
    expect(await identities().forgetRefreshToken(identity(), 'another')).toBe(false);
    expect(await identities().beginCheck(identity(), { at: now + 1, former: 'another', before: now })).toBe(false);
    expect(await known()).toEqual(askable('ada-1', now));
  });

  it('take the answer of the provider: a new refresh token, or none any more', async () => {
    for (const subject of ['ada-1', 'ada-2']) await identities().insert(askable(subject, now));
    const check = { at: now + 1, former: 'sealed-ada-1', sealedRefreshToken: 'new' };
    expect(await winners((repository) => repository.recordCheck(identity(), check))).toBe(1);
    expect(await known()).toEqual(askable('ada-1', now, { checkedAt: now + 1, sealedRefreshToken: 'new' }));
    expect(await winners((repository) => repository.forgetRefreshToken(identity(), 'new'))).toBe(1);
    expect(await known()).toMatchObject({ checkedAt: now + 1, sealedRefreshToken: null });
    expect(await known('ada-2')).toEqual(askable('ada-2', now));
  });

  it('are due by when the provider was last asked: never comes first, and then who waits longest', async () => {
    for (const each of [
      askable('in-between', 20),
      askable('never', null),
      askable('longest', 10),
      askable('also-never', null),
      askable('latest', 30),
    ]) {
      await identities().insert(each);
    }
    expect(await due(30)).toEqual(['also-never', 'never', 'longest', 'in-between', 'latest']);
    expect(await due(30, 3)).toEqual(['also-never', 'never', 'longest']);
    expect(await due(29)).not.toContain('latest');
    expect(await due(9)).toEqual(['also-never', 'never']);
  });

  it('are due of one issuer, with their user, and only with a refresh token', async () => {
    await identities().insert(askable('ada-1', null));
    await identities().insert(askable('elsewhere', null, { issuer: 'https://login.other.example' }));
    await identities().insert(identity({ subject: 'without' }));
    expect(await identities().due(issuer, now, 9)).toEqual([{ identity: askable('ada-1', null), user: ada }]);
    await identities().forgetRefreshToken(identity(), 'sealed-ada-1');
    expect(await due(now)).toEqual([]);
  });

  it.each([
    ['never', null],
    ['long ago', 10],
  ])('are asked about by one of several who begin at once, when they were asked about %s', async (_when, askedAt) => {
    await identities().insert(askable('ada-1', askedAt));
    const check = { at: now, former: 'sealed-ada-1', before: 10 };
    expect(await winners((repository) => repository.beginCheck(identity(), check))).toBe(1);
    expect(await known()).toEqual(askable('ada-1', now));
    expect(await due(now - 1)).toEqual([]);
    expect(await due(now)).toEqual(['ada-1']);
  });

  it('are not asked about again before they are due', async () => {
    await identities().insert(askable('ada-1', 11));
    expect(await identities().beginCheck(identity(), { at: now, former: 'sealed-ada-1', before: 10 })).toBe(false);
    expect(await known()).toEqual(askable('ada-1', 11));
  });

  it('are removed by their own user, once, and can then be another’s', async () => {
    await identities().insert(identity());
    expect(await identities().remove(identity({ userId: 'u2' }))).toBe(false);
    expect(await known()).toEqual(identity());
    expect(await winners((repository) => repository.remove(identity()))).toBe(1);
    expect(await known()).toBeUndefined();
    expect(await identities().insert(identity({ userId: 'u2' }))).toBe(true);
  });
}
