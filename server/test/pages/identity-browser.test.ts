import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { recordToken } from '../../../test/support/ledger.js';
import { describeWith } from '../../../test/support/system-parts.js';
import { byOperator } from '../../src/domain/audit-log.js';
import { formatUserCode } from '../../src/domain/user-codes.js';
import { chromiumPart, usePage } from '../support/browser.js';
import { identityProviderOf, prepareOidcProvider, type TestOidcProvider } from '../support/oidc-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

for (const javaScriptEnabled of [true, false]) {
  describeWith(chromiumPart, `signing in elsewhere in Chromium, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, () => {
    let server: TestServer;
    let oidc: TestOidcProvider;
    let page: Page;

    const pageNow = usePage({ javaScriptEnabled });
    beforeEach(async () => {
      oidc = await prepareOidcProvider();
      server = await startTestServer({ identityProviders: [identityProviderOf(oidc)] });
      await oidc.open(`${server.url}/sign-in/oidc/callback`);
      oidc.accounts.set('grace-1', { email: 'grace@acme.example', email_verified: true, name: 'Grace Hopper' });
      oidc.person = 'grace-1';
      page = pageNow();
    });
    afterEach(async () => {
      await server.close();
      await oidc.close();
    });

    async function heading(): Promise<string> {
      return await page.getByRole('heading', { level: 1 }).innerText();
    }

    it('goes to the provider and back to the login that waits for an answer', async () => {
      const { deviceCode, userCode } = await server.beginLogin({ hostName: 'laptop.local' });
      await page.goto(`${server.url}/device?user_code=${formatUserCode(userCode)}`);
      expect(await heading()).toBe('Sign in');
      await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
      await page.waitForURL(/\/device/);
      expect(await heading()).toBe('Did you start this login?');
      await page.getByRole('button', { name: 'Approve' }).click();
      expect(await heading()).toBe('Approved');
      const poll = await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, byOperator('root'));
      expect(poll.kind).toBe('granted');
      if (poll.kind === 'granted') recordToken(poll.accessToken);
    });

    it('says in the page what went wrong, and goes on from there', async () => {
      oidc.person = null;
      await page.goto(`${server.url}/sign-in`);
      await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
      await page.waitForURL(/\/callback/);
      expect(await page.getByRole('alert').innerText()).toContain('or you said no');
      oidc.person = 'grace-1';
      await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
      await page.waitForURL(/\/tokens/);
      expect(await page.getByRole('banner').innerText()).toContain('Grace Hopper');
    });

    it('links and unlinks', async () => {
      await page.goto(`${server.url}/sign-in`);
      await page.getByLabel('E-mail address').fill(server.owner.email);
      await page.getByLabel('Password').fill(server.owner.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('link', { name: 'Ways to sign in' }).click();
      await page.getByRole('button', { name: 'Link Acme SSO' }).click();
      await page.waitForURL(/\/sign-in-methods/);
      expect(await page.getByRole('main').innerText()).toContain('Acme SSO: grace@acme.example');
      await page.getByRole('button', { name: 'Unlink grace@acme.example' }).click();
      expect(await server.services.database.identities.ofUser(server.owner.id)).toEqual([]);
    });
  });
}
