import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { recordToken } from '../../../test/support/ledger.js';
import { describeWith } from '../../../test/support/system-parts.js';
import { formatUserCode } from '../../src/domain/user-codes.js';
import { byOperator } from '../../src/domain/audit-log.js';
import { chromiumPart, usePage } from '../support/browser.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

for (const javaScriptEnabled of [true, false]) {
  describeWith(chromiumPart, `the device page in Chromium, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, () => {
    let server: TestServer;
    let page: Page;

    const pageNow = usePage({ javaScriptEnabled });
    beforeEach(async () => {
      server = await startTestServer();
      page = pageNow();
    });
    afterEach(async () => {
      await server.close();
    });

    async function begin() {
      return await server.beginLogin({ tokenName: 'my laptop', hostName: 'laptop.local' });
    }

    async function poll(deviceCode: string): Promise<string> {
      const result = await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, byOperator('root'));
      if (result.kind === 'granted') recordToken(result.accessToken);
      return result.kind;
    }

    async function signIn(password = server.owner.password): Promise<void> {
      await page.getByLabel('E-mail address').fill(server.owner.email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    }

    async function heading(): Promise<string> {
      return await page.getByRole('heading', { level: 1 }).innerText();
    }

    it('signs in, takes a wrong code, the right code, and an approval', async () => {
      const { deviceCode, userCode } = await begin();
      await page.goto(`${server.url}/device`);
      expect(await heading()).toBe('Sign in');
      await signIn('not the password');
      expect(await page.getByRole('alert').innerText()).toContain('That did not work');
      await signIn();

      expect(await heading()).toBe('Enter the code');
      await page.getByLabel('Code').fill('BBBB-BBBB');
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await page.getByRole('alert').innerText()).toContain('That code does not work');

      await page.getByLabel('Code').fill(` ${userCode.toLowerCase()}`);
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await heading()).toBe('Did you start this login?');
      const text = await page.getByRole('main').innerText();
      for (const part of [
        formatUserCode(userCode),
        'laptop.local',
        'my laptop',
        '192.0.2.7',
        'just now',
        'Acme',
        'ada@acme.example',
      ]) {
        expect(text).toContain(part);
      }
      expect(await poll(deviceCode)).toBe('pending');

      await page.getByRole('button', { name: 'Approve' }).click();
      expect(await heading()).toBe('Approved');
      expect(await poll(deviceCode)).toBe('granted');
    });

    it('fills in the code of a link and still asks; a denial ends it', async () => {
      const { deviceCode, userCode } = await begin();
      await page.goto(`${server.url}/device?user_code=${formatUserCode(userCode)}`);
      await signIn();
      expect(await heading()).toBe('Did you start this login?');
      expect(await poll(deviceCode)).toBe('pending');
      await page.getByRole('button', { name: 'Deny' }).click();
      expect(await heading()).toBe('Denied');
      expect(await poll(deviceCode)).toBe('denied');
    });

    it('lists tokens, and revokes one after asking', async () => {
      const token = await server.addToken(server.owner, 'old machine');
      await page.goto(`${server.url}/`);
      await signIn();
      await page.getByRole('link', { name: 'Revoke old machine' }).click();
      await page.getByRole('button', { name: 'Revoke' }).click();
      expect(await page.getByRole('main').innerText()).toContain('You have none');
      expect(await server.services.personalAccessTokens.inspect(token)).toBeNull();
      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(await heading()).toBe('Sign in');
    });

    it('lets somebody who was invited choose a password', async () => {
      const grace = await server.addUser({ email: 'grace@acme.example', name: 'Grace' });
      const { secret } = await server.services.invitations.create(grace, byOperator('root'), server.services.database);
      recordToken(secret);
      await page.goto(`${server.url}/invitations/${secret}`);
      await page.getByLabel('Password').fill('correct horse battery');
      await page.getByLabel('The same again').fill('correct horse battery');
      await page.getByRole('button', { name: 'Set the password' }).click();
      expect(await heading()).toBe('Your tokens');
      expect(await page.getByRole('banner').innerText()).toContain('Grace');
    });
  });
}
