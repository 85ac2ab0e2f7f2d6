import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { paths } from '../../../src/protocol/paths.js';
import type { PageSession } from './session.js';
import { stylePath } from './style.js';

/** HTML that is ready to be sent: everything put into it was escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A key, as an image inside the page: the content security policy allows no other. */
const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><g fill='none' stroke='%230b5bd3' " +
  "stroke-width='4'><circle cx='11' cy='16' r='6'/><path d='M17 16h12v6M24 16v5'/></g></svg>";

/**
 * A page. Every one works without JavaScript: there is none.
 *
 * @param session `null` where nobody has signed in; otherwise the page says who has, and lets them sign out
 * @param goTo where the browser goes on to by itself
 */
export function page({
  title,
  session,
  main,
  goTo,
}: {
  title: string;
  session: PageSession | null;
  main: Html;
  goTo?: string;
}): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · nxkey</title>
        ${goTo === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${goTo}" />`}
        <link rel="icon" href="${icon}" />
        <link rel="stylesheet" href="${stylePath}" />
      </head>
      <body>
        <header>
          <a class="brand" href="${paths.tokensPage}">nxkey</a>
          ${session === null ? '' : signedIn(session)}
        </header>
        <main class="card">${main}</main>
      </body>
    </html> `;
}

function signedIn(session: PageSession): Html {
  return html`<span class="who">${session.user.name}</span>
    <form method="post" action="/sign-out">${csrfField(session)}<button class="link">Sign out</button></form>`;
}

/** Proves that a form was made by this server for this session. */
export function csrfField(session: PageSession): Html {
  return html`<input type="hidden" name="csrf_token" value="${session.csrfToken}" />`;
}

/** What went wrong, read out by screen readers as soon as the page is there. */
export function alert(message: string | null): Html {
  return message === null ? html`` : html`<p class="error" role="alert">${message}</p>`;
}
