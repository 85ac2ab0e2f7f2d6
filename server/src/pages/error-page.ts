import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import { page, type Html } from './layout.js';

export interface ErrorPage {
  status: number;
  title: string;
  detail: string;
  requestId: string;
}

export function errorPage({ status, title, detail, requestId }: ErrorPage): Html {
  return page({
    title,
    session: null,
    main: html`<h1>${title}</h1>
      <p>${detail}</p>
      <p><a href="${paths.tokensPage}">Go to your tokens</a></p>
      ${status >= 500 ? html`<p class="hint">If it keeps happening, tell whoever runs this server: request ${requestId}</p>` : ''}`,
  });
}
