import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/protocol/wire-types.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';
import { mainForm, Person, type Page } from '../support/person.js';
import { startTestServer, type TestUser } from '../support/test-server.js';

const path = '/organizations/acme/github';

let there: GithubServer;
/** Owns `acme` here and `acme-inc` at GitHub. */
let ada: Person;
beforeEach(async () => {
  there = await startGithubServer();
  ada = await signedIn(there.server.owner);
});
afterEach(() => there.close());

async function signedIn(user: TestUser): Promise<Person> {
  const person = new Person(there.server.url);
  await person.signIn(user);
  return person;
}

/** Sends one of the page's forms, with what they all have: the proof that this session was shown it. */
async function send(person: Person, page: Page, action: string, fields: Record<string, string> = {}): Promise<Page> {
  expect(page.html).toContain(`action="${path}/${action}"`);
  const { csrf_token = '' } = mainForm(page).hidden;
  return await person.post(`${path}/${action}`, { csrf_token, ...fields });
}

const connectedTo = async () => {
  const acme = await there.server.services.database.organizations.findBySlug('acme');
  return acme && (await there.connections.show(acme));
};
const rolesFromGithub = async () => {
  const members = await there.server.services.database.organizations.members(there.server.organizationId);
  return members
    .filter(({ membership }) => membership.source === 'github')
    .map(({ user, membership }) => `${user.name} ${membership.role}`);
};
const alertOn = ({ html }: Page) => /<p class="error" role="alert">([^<]*)<\/p>/.exec(html)?.[1];

describe('the page that connects an organization', () => {
  it('is found from the tokens by owners, and says what it takes', async () => {
    expect((await ada.get('/tokens')).html).toContain(`<a href="${path}">Acme and GitHub</a>`);
    const page = await ada.get(path);
    expect(page).toMatchObject({ status: 200, path });
    for (const shown of [await there.connections.installationUrl(), '/sign-in-methods', 'Install the GitHub App']) {
      expect(page.html).toContain(shown);
    }
    const linus = await signedIn(await there.server.addUser({ email: 'linus@acme.example', role: 'admin' }));
    expect((await linus.get('/tokens')).html).not.toContain(path);
  });

  it('connects, with the roles that were chosen, and says that the members are coming', async () => {
    const { account } = await there.addPerson('grace');
    there.github.world.addToTeam(there.github.world.addTeam(there.acmeInc, 'platform'), account);
    const done = await send(ada, await ada.get(path), 'connect', {
      login: ' acme-inc ',
      admin_role: 'owner',
      team_0: 'platform',
      role_0: 'admin',
      team_1: '',
      role_1: 'member',
    });
    expect(done).toMatchObject({ status: 200, path: `${path}?done=connect` });
    expect(done.html).toContain('Connected. GitHub is being asked for the members');
    expect(await connectedTo()).toMatchObject({ login: 'acme-inc', adminRole: 'owner', teams: [{ slug: 'platform' }] });
    await there.reconcile();
    expect(await rolesFromGithub()).toEqual(['grace admin']);
    expect((await ada.get(path)).html).toContain('2 there, 2 of them with an account here');
  });

  it.each([
    [
      'where the App is not installed',
      { login: 'other<' },
      400,
      'The name has to be the name that a GitHub organization',
    ],
    ['where the App is not installed', { login: 'other' }, 409, 'The GitHub App is not installed'],
    ['for a team that is not there', { login: 'acme-inc', team_3: 'ghosts' }, 400, 'has no team ghosts'],
    ['for a team that cannot be', { login: 'acme-inc', team_0: 'a/b' }, 400, 'The team a/b has to be'],
    ['for a team given twice', { login: 'acme-inc', team_0: 'a', team_1: 'a' }, 400, 'The team a is given more than'],
  ])('says what is wrong %s, and keeps what was typed', async (_, fields, status, says) => {
    const again = await send(ada, await ada.get(path), 'connect', fields);
    expect(again.status).toBe(status);
    expect(alertOn(again)).toContain(says);
    expect(again.html).toContain(`value="${fields.login.replace('<', '&lt;')}"`);
    expect(await connectedTo()).toBeNull();
  });

  it('says where the App is installed, and how an account is linked, when that is what is missing', async () => {
    const installed = alertOn(await send(ada, await ada.get(path), 'connect', { login: 'other' }));
    expect(installed).toContain(await there.connections.installationUrl());
    const linus = await signedIn(await there.server.addUser({ email: 'linus@acme.example', role: 'owner' }));
    const refused = await send(linus, await linus.get(path), 'connect', { login: 'acme-inc' });
    expect(refused.status).toBe(403);
    expect(alertOn(refused)).toContain('Your account here is not linked to one at GitHub.');
  });

  it('is there while GitHub is not, and says so', async () => {
    await there.github.refuseConnections();
    const page = await ada.get(path);
    expect(page).toMatchObject({
      status: 200,
      html: expect.stringContaining('GitHub does not say at the moment') as string,
    });
    expect(alertOn(await send(ada, page, 'connect', { login: 'acme-inc' }))).toContain('Try again');
    await there.github.listenAgain();
  });

  it.each<[Role | null, number, string]>([
    ['admin', 403, 'You are an admin of acme: only its owners connect it to GitHub.'],
    ['member', 403, 'You are a member of acme: only its owners connect it to GitHub.'],
    [null, 404, 'There is none of that name, or you are not a member of it.'],
  ])('is for owners: as %s it is refused', async (role, status, says) => {
    const somebody = await signedIn(await there.server.addUser({ email: 'linus@acme.example', role }));
    const { csrf_token = '' } = mainForm(await somebody.get('/device')).hidden;
    for (const page of [
      await somebody.get(path),
      await somebody.get(`${path}/disconnect`),
      await somebody.post(`${path}/connect`, { csrf_token, login: 'acme-inc' }),
    ]) {
      expect(page).toMatchObject({ status, html: expect.stringContaining(says) as string });
    }
    const none = await somebody.get('/organizations/none/github');
    expect(none.status).toBe(404);
    // Nothing that whoever runs the server could help with.
    expect(none.html).not.toContain('tell whoever runs this server');
    expect(await connectedTo()).toBeNull();
  });

  it('leads through the sign-in', async () => {
    expect((await new Person(there.server.url).get(path)).path).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);
  });

  it('takes nothing from another site, nor without the form of one’s own session', async () => {
    const own = mainForm(await ada.get(path)).hidden['csrf_token'] ?? '';
    for (const csrf_token of [
      '',
      mainForm(await (await signedIn(there.server.owner)).get(path)).hidden['csrf_token'] ?? '',
    ]) {
      expect((await ada.post(`${path}/connect`, { csrf_token, login: 'acme-inc' })).status).toBe(403);
    }
    ada.headers['sec-fetch-site'] = 'cross-site';
    expect((await ada.post(`${path}/connect`, { csrf_token: own, login: 'acme-inc' })).status).toBe(403);
    expect(await connectedTo()).toBeNull();
  });

  it('says what the operator sets, where the server has no GitHub App', async () => {
    const server = await startTestServer();
    try {
      const owner = new Person(server.url);
      await owner.signIn(server.owner);
      expect(await owner.get(path)).toMatchObject({
        status: 409,
        html: expect.stringContaining('NXKEY_GITHUB_APP_ID') as string,
      });
      expect((await owner.get('/tokens')).html).not.toContain(path);
    } finally {
      await server.close();
    }
  });
});

describe('the page of a connection', () => {
  it('changes the roles, and keeps what was typed when that cannot be', async () => {
    const { account } = await there.addPerson('grace');
    there.github.world.addToTeam(there.github.world.addTeam(there.acmeInc, 'platform'), account);
    await there.connect();
    const fields = { admin_role: 'member', team_0: 'platform', role_0: 'owner' };
    const changed = await send(ada, await ada.get(path), 'roles', fields);
    expect(changed.html).toContain('The roles are changed.');
    expect(changed.html).toMatch(/name="team_0"\s+value="platform"/);
    expect(await rolesFromGithub()).toEqual(['grace owner']);
    const refused = await send(ada, changed, 'roles', { ...fields, team_1: 'ghosts' });
    expect(refused.status).toBe(400);
    expect(alertOn(refused)).toContain('has no team ghosts');
    expect(refused.html).toMatch(/name="team_1"\s+value="ghosts"/);
    await send(ada, changed, 'roles', { admin_role: 'member', team_0: '' });
    expect(await rolesFromGithub()).toEqual(['grace member']);
  });

  it('has GitHub asked', async () => {
    await there.connect();
    await there.addPerson('grace');
    const asked = await send(ada, await ada.get(path), 'sync');
    expect(asked.html).toContain('GitHub is being asked for all members.');
    await there.connections.reconcileDue();
    // The server may be at it by itself.
    await expect.poll(rolesFromGithub, { timeout: 30_000 }).toEqual(['grace member']);
  });

  it('says what it says after a form only for forms that there are', async () => {
    await there.connect();
    for (const done of ['nothing', '__proto__', 'toString', '<b>']) {
      expect((await ada.get(`${path}?done=${encodeURIComponent(done)}`)).html).not.toContain('role="status"');
    }
  });

  it('shows removals that are held, and removes those that were shown', async () => {
    const people = [];
    for (const login of ['grace', 'heidi', 'ivan', 'judy']) people.push(await there.addPerson(login));
    await there.connect();
    for (const { account } of people) there.github.world.removeMember(there.acmeInc, account);
    await there.reconcile();
    const page = await ada.get(path);
    expect(page.html).toContain('4 people are gone from acme-inc at once');
    for (const { user, account } of people) {
      expect(page.html).toContain(`href="${there.github.url}/${account.login}"`);
      expect(page.html).toContain(user.email);
    }
    const heldAt = /name="held_at" value="(\d+)"/.exec(page.html)?.[1] ?? raise();
    for (const other of [String(Number(heldAt) - 1), '', 'now']) {
      const refused = await send(ada, page, 'confirm-removals', { held_at: other });
      expect(refused.status).toBe(409);
      expect(alertOn(refused)).toContain('Look again at who would be removed.');
    }
    expect(await rolesFromGithub()).toHaveLength(4);
    const done = await send(ada, page, 'confirm-removals', { held_at: heldAt });
    expect(done.html).toContain('They are removed.');
    expect(done.html).not.toContain('Removals that wait for you');
    expect(await rolesFromGithub()).toEqual([]);
  });

  it('asks before it disconnects, saying how many memberships that ends', async () => {
    await there.addPerson('grace');
    await there.connect();
    const question = await ada.get(`${path}/disconnect`);
    expect(question.html.replace(/\s+/g, ' ')).toContain('One membership that came from acme-inc will end');
    expect(await connectedTo()).not.toBeNull();
    const done = await send(ada, question, 'disconnect');
    expect(done.html).toContain('Disconnected. Whoever came from GitHub is a member no more.');
    expect(await connectedTo()).toBeNull();
    expect(await rolesFromGithub()).toEqual([]);
    expect((await ada.get(`${path}/disconnect`)).path).toBe(path);
  });

  it('says why it does not disconnect when no owner would be left', async () => {
    const { user } = await there.addPerson('grace', { role: 'admin' });
    await there.connect({ adminRole: 'owner' });
    await there.server.services.database.organizations.removeMember(there.server.owner.id, there.server.organizationId);
    const grace = await signedIn(user);
    const refused = await send(grace, await grace.get(`${path}/disconnect`), 'disconnect');
    expect(refused.status).toBe(409);
    expect(alertOn(refused)).toContain('Add an owner by hand first');
    expect(await connectedTo()).not.toBeNull();
  });
});

function raise(): never {
  throw new Error('the test has not made what it needs');
}
