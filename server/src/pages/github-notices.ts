import type { RefusedChange } from '../domain/refused-change.js';
import { alert, type Html } from './layout.js';
import { html } from 'hono/html';

/** What the page says after a form was sent; each is called as the form is. */
const notices = {
  connect: 'Connected. GitHub is being asked for the members; those with an account here become members.',
  roles: 'The roles are changed.',
  sync: 'GitHub is being asked for all members. Reload this page in a moment to see its answer.',
  'confirm-removals': 'They are removed.',
  disconnect: 'Disconnected. Whoever came from GitHub is a member no more.',
} as const;
export type Notice = keyof typeof notices;

/** What a page has to say before everything else. */
export interface Said {
  notice: Notice | null;
  error: RefusedChange | null;
}

export function isNotice(text: string): text is Notice {
  return Object.hasOwn(notices, text);
}

export function saidFirst({ notice, error }: Said): Html {
  if (error !== null) return alert([error.message, error.remedy ?? ''].join(' ').trim());
  return notice === null ? html`` : html`<p class="notice" role="status">${notices[notice]}</p>`;
}
