import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import { page, type Html } from './layout.js';

export function errorPage({ title, detail, requestId }: { title: string; detail: string; requestId: string }): Html {
  return page({
    title,
    session: null,
    main: html`<h1>${title}</h1>
      <p>${detail}</p>
      <p><a href="${paths.tokensPage}">Go to your tokens</a></p>
      <p class="hint">If it keeps happening, tell whoever runs this server: request ${requestId}</p>`,
  });
}
