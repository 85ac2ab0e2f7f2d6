import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GithubUnavailable, type GithubGateway } from '../../src/domain/github/gateway.js';
import { gatewayTo, organizationRef, pageMemory, read } from '../support/github/gateway.js';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';
import type { DoubleInstallation, DoubleOrganization } from '../support/github/world.js';

let github: GithubDouble;
let acme: DoubleOrganization;
let installation: DoubleInstallation;
let gateway: GithubGateway;

function start(members: number): void {
  acme = github.world.addOrganization({ login: 'acme', members });
  installation = github.world.install(acme);
  gateway = gatewayTo(github);
}

beforeEach(async () => {
  github = await startGithubDouble();
});
afterEach(async () => {
  await github.close();
});

const ofLists = ({ path }: { path: string }) => path.endsWith('/members');

describe('the members of a GitHub organization', () => {
  it('are told page by page, the owners apart from the others, with their ids as text', async () => {
    start(150);
    const ada = github.world.addUser({ login: 'ada' });
    github.world.addMember(acme, ada, { role: 'admin' });
    github.world.addMember(acme, github.world.addUser({ login: 'invited' }), { state: 'pending' });
    const memory = pageMemory();

    const members = await read(gateway.members(organizationRef(installation), 'member', memory));
    expect(members.logins).toEqual(Array.from({ length: 150 }, (_, index) => `person-${index + 1}`));
    const admins = [];
    for await (const page of gateway.members(organizationRef(installation), 'admin', memory)) admins.push(page);
    expect(admins).toEqual([{ people: [{ githubUserId: String(ada.id), login: 'ada' }], isUnchanged: false }]);
    expect(github.counts(ofLists)).toEqual({ all: 3, conditional: 0, notModified: 0, counted: 3 });
  });

  it('take 101 requests when there are 10,000, and 101 conditional ones that do not count when nothing changed', async () => {
    start(9999);
    github.world.addMember(acme, github.world.addUser({ login: 'ada' }), { role: 'admin' });
    const memory = pageMemory();
    const readAll = async () => {
      const admins = await read(gateway.members(organizationRef(installation), 'admin', memory));
      const members = await read(gateway.members(organizationRef(installation), 'member', memory));
      return {
        people: new Set([...admins.logins, ...members.logins]),
        unchanged: [...admins.unchanged, ...members.unchanged],
      };
    };

    const first = await readAll();
    expect(first.people.size).toBe(10_000);
    expect(github.counts(ofLists)).toEqual({ all: 101, conditional: 0, notModified: 0, counted: 101 });

    github.forgetRequests();
    const second = await readAll();
    expect(second.people).toEqual(first.people);
    expect(second.unchanged).toEqual(Array<boolean>(101).fill(true));
    expect(github.counts()).toEqual({ all: 101, conditional: 101, notModified: 101, counted: 0 });
  });

  it('are sent again when GitHub has given us another token, and are known to be the same', async () => {
    start(3);
    const memory = pageMemory();
    await read(gateway.members(organizationRef(installation), 'member', memory));
    github.credentials.revokeAll();
    const again = await read(gateway.members(organizationRef(installation), 'member', memory));
    expect(again.unchanged).toEqual([true]);
    expect(github.counts(ofLists)).toMatchObject({ notModified: 0, counted: 2 });
    expect((await read(gateway.members(organizationRef(installation), 'member', memory))).unchanged).toEqual([true]);
    expect(github.counts(ofLists)).toMatchObject({ notModified: 1, counted: 2 });
  });

  it('are read anew where a page has changed, and only there', async () => {
    start(250);
    const memory = pageMemory();
    await read(gateway.members(organizationRef(installation), 'member', memory));
    const third = [...acme.members.values()].at(-1)?.user;
    if (third !== undefined) github.world.renameUser(third, 'renamed');
    const again = await read(gateway.members(organizationRef(installation), 'member', memory));
    expect(again.unchanged).toEqual([true, true, false]);
    expect(again.logins.at(-1)).toBe('renamed');
  });

  it.each([false, true])(
    'are found behind a last page that was full (GitHub links from a 304: %s)',
    async (hasLink) => {
      start(100);
      github.settings.hasLinkInNotModified = hasLink;
      const memory = pageMemory();
      expect((await read(gateway.members(organizationRef(installation), 'member', memory))).logins).toHaveLength(100);
      github.world.addMember(acme, github.world.addUser({ login: 'hundred-and-first' }));
      const again = await read(gateway.members(organizationRef(installation), 'member', memory));
      expect(again.logins).toHaveLength(101);
      expect(again.unchanged).toEqual([true, false]);
      const third = await read(gateway.members(organizationRef(installation), 'member', memory));
      expect(third.unchanged).toEqual([true, true]);
    },
  );

  it.each([
    [100, 1],
    [200, 2],
  ])('take no request more where %i of them fill the last page', async (count, pages) => {
    start(count);
    github.settings.hasLinkInNotModified = false;
    const memory = pageMemory();
    const members = () => read(gateway.members(organizationRef(installation), 'member', memory));
    await members();
    github.forgetRequests();
    const again = await members();
    expect(again.logins).toHaveLength(count);
    expect(again.unchanged).toEqual(Array<boolean>(pages).fill(true));
    expect(github.counts(ofLists)).toEqual({ all: pages, conditional: pages - 1, notModified: pages - 1, counted: 1 });
  });

  it('take one request more only once, when those on the last page have gone and the one before it is full', async () => {
    start(150);
    github.settings.hasLinkInNotModified = false;
    const memory = pageMemory();
    const members = () => read(gateway.members(organizationRef(installation), 'member', memory));
    await members();
    for (const { user } of [...acme.members.values()].slice(100)) github.world.removeMember(acme, user);
    github.forgetRequests();
    expect((await members()).logins).toHaveLength(100);
    expect(github.counts(ofLists)).toMatchObject({ all: 2 });
    github.forgetRequests();
    expect((await members()).logins).toHaveLength(100);
    expect(github.counts(ofLists)).toMatchObject({ all: 1 });
    expect(memory.pages.size).toBe(1);
  });

  it('become fewer, and pages that are no more are forgotten', async () => {
    start(250);
    const memory = pageMemory();
    await read(gateway.members(organizationRef(installation), 'member', memory));
    expect(memory.pages.size).toBe(3);
    for (const { user } of [...acme.members.values()].slice(0, 200)) github.world.removeMember(acme, user);
    expect((await read(gateway.members(organizationRef(installation), 'member', memory))).logins).toHaveLength(50);
    expect(memory.pages.size).toBe(1);
  });

  it('shift while they are read: who slips to a page that was read is in none, which the caller has to know', async () => {
    start(150);
    const [first] = acme.members.values();
    github.settings.beforeAnswer = ({ query }) => {
      if (query['page'] === '2' && first !== undefined) github.world.removeMember(acme, first.user);
    };
    const shifted = await read(gateway.members(organizationRef(installation), 'member', pageMemory()));
    expect(shifted.logins).toHaveLength(149);
    expect(shifted.logins).toContain('person-1');
    expect(shifted.logins).not.toContain('person-101');
  });

  it.each([
    ['nothing of what it was', 'garbage'],
    ['an ETag that would end the header', { etag: 'W/"a"\r\nx: y', people: [], hasNext: false }],
    ['people without a number', { etag: 'W/"a"', people: [{ login: 'ada' }], hasNext: false }],
    ['no list', { etag: 'W/"a"', people: 'ada', hasNext: false }],
  ])('are asked for anew when what was remembered is %s', async (_, broken) => {
    start(2);
    const memory = pageMemory();
    await read(gateway.members(organizationRef(installation), 'member', memory));
    const [key = ''] = memory.pages.keys();
    memory.pages.set(key, broken);
    github.forgetRequests();
    const again = await read(gateway.members(organizationRef(installation), 'member', memory));
    expect(again).toEqual({ logins: ['person-1', 'person-2'], unchanged: [false] });
    expect(github.counts(ofLists)).toMatchObject({ all: 1, conditional: 0 });
  });

  it('are those of the organization, also when another one has got its name', async () => {
    start(2);
    const organization = organizationRef(installation);
    acme.login = 'acme-renamed';
    const stranger = github.world.addOrganization({ login: 'acme' });
    github.world.addMember(stranger, github.world.addUser({ login: 'mallory' }));
    const members = await read(gateway.members(organization, 'member', pageMemory()));
    expect(members.logins).toEqual(['person-1', 'person-2']);
  });
});

describe('the members of a team', () => {
  it('are those of its child teams too', async () => {
    start(3);
    const [first, second] = [...acme.members.values()].map(({ user }) => user);
    const platform = github.world.addTeam(acme, 'platform');
    const storage = github.world.addTeam(acme, 'storage', platform);
    if (first === undefined || second === undefined) throw new Error('there are three');
    github.world.addToTeam(platform, first);
    github.world.addToTeam(storage, second);
    const memory = pageMemory();
    const list = () => read(gateway.teamMembers(organizationRef(installation), String(platform.id), memory));
    expect(await list()).toEqual({ logins: ['person-1', 'person-2'], unchanged: [false] });
    expect(await list()).toEqual({ logins: ['person-1', 'person-2'], unchanged: [true] });
  });

  it('are none when the team was deleted, and nothing of it stays in the memory', async () => {
    start(1);
    const platform = github.world.addTeam(acme, 'platform');
    const memory = pageMemory();
    const list = () => read(gateway.teamMembers(organizationRef(installation), String(platform.id), memory));
    await list();
    expect(memory.pages.size).toBe(1);
    github.world.removeTeam(platform);
    expect(await list()).toEqual({ logins: [], unchanged: [false] });
    expect(memory.pages.size).toBe(0);
  });

  it('are not told of the team of another organization', async () => {
    start(1);
    const other = github.world.addOrganization({ login: 'other', members: 1 });
    const theirs = github.world.addTeam(other, 'platform');
    const list = await read(gateway.teamMembers(organizationRef(installation), String(theirs.id), pageMemory()));
    expect(list.logins).toEqual([]);
  });
});

describe('an access token that makes no sense', () => {
  it.each(['null', '{}', '{"token":""}', '{"token":"a b"}', '<html>'])('is none, and not kept: %s', async (body) => {
    start(1);
    github.fail({ fault: { kind: 'garbage', body }, path: /access_tokens$/ });
    const ask = () => read(gateway.members(organizationRef(installation), 'member', pageMemory()));
    await expect(ask()).rejects.toThrow(GithubUnavailable);
    github.recover();
    expect((await ask()).logins).toEqual(['person-1']);
  });
});

describe('a list that makes no sense', () => {
  const people = JSON.stringify([{ id: 1, login: 'ada' }]);
  it.each([
    ['no JSON', { body: '<html>' }],
    ['something else', { body: '{"people":[]}' }],
    ['text with the status of success', { body: 'OK', type: 'text/plain' }],
    ['people without numbers', { body: '[{"login":"ada"}]' }],
    ['numbers that are none', { body: '[{"login":"ada","id":"1"}]' }],
    ['numbers too large to be told apart', { body: '[{"login":"ada","id":9007199254740993}]' }],
    ['a login with line breaks', { body: '[{"login":"a\\nb","id":1}]' }],
    ['a link back to the page', { body: people, headers: { link: '<https://x.example/?page=1>; rel="next"' } }],
    ['a link to nowhere', { body: people, headers: { link: '<nowhere>; rel="next"' } }],
    ['an empty page that others follow', { body: '[]', headers: { link: '<https://x.example/?page=2>; rel="next"' } }],
  ])('is none: %s', async (_, garbage) => {
    start(1);
    github.fail({ fault: { kind: 'garbage', ...garbage }, path: /\/members$/ });
    const memory = pageMemory();
    const reading = read(gateway.members(organizationRef(installation), 'member', memory));
    await expect(reading).rejects.toThrow(GithubUnavailable);
    await expect(reading).rejects.toThrow(
      /^GitHub at 127\.0\.0\.1 was asked for the members of acme: its answer makes no sense/,
    );
    expect(memory.pages.size).toBe(0);
  });
});
