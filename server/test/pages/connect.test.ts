import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { mainForm, Person } from '../support/person.js';
import { startTestServer, type TestServer, type TestUser } from '../support/test-server.js';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

async function person(user: TestUser = server.owner): Promise<Person> {
  const somebody = new Person(server.url);
  await somebody.signIn(user);
  return somebody;
}

/** What `nx connect` gets from another machine. */
async function connect(name = 'shop'): Promise<{ nxCloudId: string; path: string }> {
  const { unclaimedWorkspaces } = server.services;
  const creation = await unclaimedWorkspaces.create({ name, ipAddress: '192.0.2.7' });
  if (creation.kind !== 'created') throw new Error(creation.kind);
  const code = await unclaimedWorkspaces.handOutClaimCode(creation.nxCloudId, '192.0.2.7');
  recordToken(code ?? '');
  return { nxCloudId: creation.nxCloudId, path: `/connect/${code ?? ''}` };
}

/** What a person fills in. */
const chosen = { name: 'Shop', organization: 'acme', preset: 'recommended' };

const workspaceOf = async (nxCloudId: string) =>
  (await server.services.database.workspaces.findByNxCloudId(nxCloudId)) ?? undefined;

describe('the link that claims a workspace', () => {
  it('leads through the sign-in to the question, and the answer to what comes next', async () => {
    const { nxCloudId, path } = await connect('<b>shop</b>');
    server.passTime(5 * 60_000);
    const somebody = new Person(server.url);
    const signIn = await somebody.get(path);
    expect(signIn.path).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);
    expect(signIn.html).not.toContain('shop');

    const { email, password } = server.owner;
    const question = await somebody.submit(signIn, { email, password });
    expect(question).toMatchObject({ status: 200, path });
    for (const shown of [nxCloudId, '5 minutes ago', '192.0.2.7', 'Acme (acme)']) {
      expect(question.html).toContain(shown);
    }
    expect(question.html).toContain('value="&lt;b&gt;shop&lt;/b&gt;"');
    expect(question.html).toMatch(/value="recommended"\s+checked/);
    expect(question.html).toContain('Only CI access tokens write; members read after <code>npx nxkey login</code>');
    expect(await workspaceOf(nxCloudId)).toBeUndefined();

    const next = await somebody.submit(question, { ...chosen, preset: 'open-source' });
    expect(next).toMatchObject({ status: 200, path: `/connect/workspaces/${nxCloudId}` });
    for (const shown of [
      `&quot;nxCloudUrl&quot;: &quot;${server.url}&quot;`,
      `npx nx login ${server.url}`,
      `npx nxkey ci-token create main --access read-write --workspace ${nxCloudId}`,
    ]) {
      expect(next.html).toContain(shown);
    }
    expect(await workspaceOf(nxCloudId)).toMatchObject({
      workspace: { name: 'Shop', patOptIn: true, anonymousLevel: 'read-only', patLevel: 'read-write' },
      organization: { slug: 'acme' },
    });
  });

  it('works once, and says the same of every link that does not work', async () => {
    const { nxCloudId, path } = await connect();
    const [ada, question] = [await person(), await (await person()).get(path)];
    await ada.submit(await ada.get(path), chosen);
    const expired = await connect();
    server.passTime(3 * 24 * 60 * 60_000);
    const grace = await person(await server.addUser({ email: 'grace@acme.example', role: 'admin' }));

    const withoutId = (html: string) => html.replace(/Request [\w-]+/, '');
    const used = await grace.get(path);
    expect(used).toMatchObject({ status: 404, html: expect.stringContaining('This link does not work') as string });
    expect(used.html).toContain('take its nxCloudId out of nx.json');
    for (const other of [expired.path, '/connect/invented']) {
      expect(withoutId((await grace.get(other)).html)).toBe(withoutId(used.html));
    }
    expect(question.status).toBe(200);
    const { csrf_token = '' } = mainForm(await grace.get('/connect/new')).hidden;
    const late = await grace.post(path, { ...chosen, csrf_token });
    expect(late.status).toBe(404);
    expect((await workspaceOf(nxCloudId))?.workspace.anonymousLevel).toBe('none');
  });

  it('offers the organizations that the person administers, and takes no other', async () => {
    const { database } = server.services;
    const bob = await server.addUser({ email: 'bob@acme.example', role: 'member' });
    for (const [slug, role] of [['tools', 'admin'] as const, ['umbrella', null] as const]) {
      await database.organizations.insert({ id: slug, slug, name: slug, createdAt: server.now() });
      const membership = { userId: bob.id, organizationId: slug, source: 'manual', createdAt: server.now() } as const;
      if (role !== null) await database.organizations.addMember({ ...membership, role });
    }
    const { nxCloudId, path } = await connect();
    const somebody = await person(bob);
    const question = await somebody.get(path);
    expect([...question.html.matchAll(/<option value="([^"]*)"/g)].map(([, slug]) => slug)).toEqual(['tools']);
    for (const organization of ['acme', 'umbrella', 'none', '']) {
      expect((await somebody.submit(question, { ...chosen, organization })).status).toBe(403);
    }
    expect(await workspaceOf(nxCloudId)).toBeUndefined();
    await somebody.submit(question, { ...chosen, organization: 'tools' });
    expect(await workspaceOf(nxCloudId)).toMatchObject({ organization: { slug: 'tools' } });
  });

  it('tells somebody who may own no workspace whom to ask', async () => {
    const { path } = await connect();
    for (const role of ['member', null] as const) {
      const somebody = await person(await server.addUser({ email: `${role}@acme.example`, role }));
      for (const page of [await somebody.get(path), await somebody.get('/connect/new')]) {
        expect(page).toMatchObject({ status: 200, html: expect.stringContaining('neither owner nor admin') as string });
        expect(page.html).toContain(`npx nxkey member role ${role}@acme.example admin`);
        expect(() => mainForm(page)).toThrow('no form');
      }
    }
  });

  it('is not taken from another site, nor without the form of one’s own session', async () => {
    const { nxCloudId, path } = await connect();
    const fields = chosen;
    const ada = await person();
    const { csrf_token = '' } = mainForm(await ada.get(path)).hidden;
    const [others, own] = [mainForm(await (await person()).get(path)).hidden['csrf_token'] ?? '', csrf_token];
    for (const token of ['', others]) {
      expect((await ada.post(path, { ...fields, csrf_token: token })).status).toBe(403);
    }
    ada.headers['sec-fetch-site'] = 'cross-site';
    expect((await ada.post(path, { ...fields, csrf_token: own })).status).toBe(403);
    expect(await workspaceOf(nxCloudId)).toBeUndefined();
  });

  it('begins with the recommended preset where a form names none that there is', async () => {
    const { nxCloudId, path } = await connect();
    const ada = await person();
    await ada.submit(await ada.get(path), { ...chosen, preset: 'everything' });
    expect((await workspaceOf(nxCloudId))?.workspace).toMatchObject({ anonymousLevel: 'none', patLevel: 'read-only' });
  });

  it('stands in no log', async () => {
    const { path } = await connect();
    await (await person()).get(path);
    expect(server.log()).toContain('"route":"/connect/:code"');
    expect(server.log()).not.toContain(path.slice('/connect/'.length));
  });
});

describe('the page that makes a workspace', () => {
  it.each([
    '/setup/connect-workspace/manual?accessToken=secret&source=nx-connect',
    '/setup/connect-workspace/github/connect?name=acme%2Fshop&source=nx-connect',
    '/setup/connect-workspace/github/select&source=nx-connect',
  ])('is where %s leads, without what stands behind it', async (path) => {
    expect(await (await person()).get(path)).toMatchObject({ status: 200, path: '/connect/new' });
    expect((await new Person(server.url).get(path)).path).toBe('/sign-in?return_to=%2Fconnect%2Fnew');
  });

  it('shows the nxCloudId, and how nx.json has to have it', async () => {
    const ada = await person();
    const form = await ada.get('/connect/new');
    const next = await ada.submit(form, { ...chosen, name: ' docs ' });
    const nxCloudId = next.path.slice('/connect/workspaces/'.length);
    expect(await workspaceOf(nxCloudId)).toMatchObject({ workspace: { name: 'docs', anonymousLevel: 'none' } });
    expect(next.html).toContain(`&quot;nxCloudId&quot;: &quot;${nxCloudId}&quot;`);
    expect(next.html).toContain('Before Nx 19.7');
  });

  it('says what is wrong with a name, as the one that claims does, and keeps what was typed', async () => {
    const ada = await person();
    for (const path of ['/connect/new', (await connect()).path]) {
      const again = await ada.submit(await ada.get(path), { ...chosen, name: 'a\u0007<' });
      expect(again).toMatchObject({ status: 400, path });
      expect(again.html).toContain('The name has to be 1 to 100 characters that can be shown.');
      expect(again.html).toContain('value="a\u0007&lt;"');
    }
    expect(await server.services.database.workspaces.all()).toHaveLength(1);
  });

  it('shows a workspace to members of its organization only', async () => {
    const path = `/connect/workspaces/${server.workspace.nxCloudId}`;
    const stranger = await person(await server.addUser({ email: 'eve@umbrella.example', role: null }));
    expect((await stranger.get(path)).status).toBe(404);
    expect((await stranger.get('/connect/workspaces/none')).status).toBe(404);
    expect((await (await person()).get(path)).status).toBe(200);
    expect((await new Person(server.url).get(path)).path).toMatch(/^\/sign-in/);
  });

  it('tells whoever has an owned workspace that there is nothing to claim', async () => {
    const page = await new Person(server.url).get('/connect/claimed');
    expect(page).toMatchObject({ status: 200, html: expect.stringContaining('npx nx login') as string });
  });
});
