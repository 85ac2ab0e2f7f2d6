import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../../../test/support/system-parts.js';
import { chromiumPart, usePage } from '../support/browser.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';

describeWith(chromiumPart, 'the page of a connection to GitHub, in Chromium without JavaScript', () => {
  let there: GithubServer;
  let page: Page;

  // As wide as a narrow phone.
  const pageNow = usePage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  beforeEach(async () => {
    there = await startGithubServer();
    page = pageNow();
    await page.goto(there.server.url);
    await page.getByLabel('E-mail address').fill(there.server.owner.email);
    await page.getByLabel('Password').fill(there.server.owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  });
  afterEach(async () => {
    await there.close();
  });

  const click = (name: string) => page.getByRole('button', { name }).click();
  const main = async () => (await page.getByRole('main').innerText()).replace(/\s+/g, ' ');
  /** Nothing has to be scrolled to from left to right. */
  const isNarrow = async () => {
    const boxes = await Promise.all((await page.locator('main, main *').all()).map((element) => element.boundingBox()));
    return boxes.every((box) => box === null || box.x + box.width <= 360);
  };

  it('connects, changes roles, removes those who are held, and disconnects', async () => {
    const { github, acmeInc } = there;
    const people = [];
    for (const login of ['grace', 'heidi', 'ivan', 'judy']) people.push(await there.addPerson(login));
    github.world.addTeam(acmeInc, 'platform');

    await page.getByRole('link', { name: 'Acme and GitHub' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Connect Acme to GitHub');
    await page.getByLabel('GitHub organization', { exact: true }).fill('nobody');
    await click('Connect');
    expect(await page.getByRole('alert').innerText()).toContain('The GitHub App is not installed');
    await page.getByLabel('GitHub organization', { exact: true }).fill('acme-inc');
    await click('Connect');
    expect(await page.getByRole('status').innerText()).toContain('Connected.');
    await there.reconcile();

    await page.getByLabel('Owners of the GitHub organization are').selectOption('member');
    await page.getByLabel('Team 1', { exact: true }).fill('platform');
    await page.getByLabel('Role of team 1').selectOption('admin');
    await click('Change the roles');
    expect(await page.getByRole('status').innerText()).toBe('The roles are changed.');
    expect(await page.getByLabel('Role of team 1').inputValue()).toBe('admin');
    expect(await main()).toContain('5 there, 5 of them with an account here');

    for (const { account } of people) github.world.removeMember(acmeInc, account);
    await there.reconcile();
    await page.reload();
    expect(await main()).toContain('4 people are gone from acme-inc at once');
    expect(await main()).toContain('heidi heidi@acme.example');
    expect(await isNarrow()).toBe(true);
    await click('Remove these people');
    expect(await page.getByRole('status').innerText()).toBe('They are removed.');

    await page.getByRole('link', { name: 'Disconnect from GitHub' }).click();
    await click('Disconnect');
    expect(await page.getByRole('status').innerText()).toContain('Disconnected.');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Connect Acme to GitHub');
  });
});
