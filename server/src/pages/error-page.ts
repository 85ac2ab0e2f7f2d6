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
  // A refusal stays one, whoever is told of it.
  const toTell = status >= 500 ? 'If it keeps happening, tell whoever runs this server: request' : 'Request';
  return page({
    title,
    session: null,
    main: html`<h1>${title}</h1>
      <p>${detail}</p>
      <p><a href="${paths.tokensPage}">Go to your tokens</a></p>
      <p class="hint">${toTell} ${requestId}</p>`,
  });
}
