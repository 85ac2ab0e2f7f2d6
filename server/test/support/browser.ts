import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';

const executablePath = '/usr/bin/chromium';

export const chromiumPart = {
  name: 'Chromium',
  present: existsSync(executablePath),
  install: 'apt-get install chromium',
};

/** Debian's Chromium, headless, and quiet towards the network. */
async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A browser for the tests of this file or `describe`, and a page of its own for each of them, which fails when the browser
 * complained about it: a style, form or redirect that the page's policy blocks is such a complaint.
 */
export function usePage(options: BrowserContextOptions): () => Page {
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    page = await browser.newPage(options);
    complaints = [];
    page.on('console', (message) => {
      // The browser itself reports every answer that says no.
      if (message.type() === 'error' && !message.text().includes('status of 4')) complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  return () => page;
}
