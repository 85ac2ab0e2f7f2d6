import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { DeviceAuthorization } from '../domain/model.js';
import { formatUserCode } from '../domain/user-codes.js';
import { clientName } from '../routes/oauth-request.js';
import { alert, csrfField, page, type Html } from './layout.js';
import type { PageSession } from './session.js';
import { ago } from './times.js';

export function codePage({
  session,
  typedCode,
  error,
}: {
  session: PageSession;
  typedCode: string;
  error: string | null;
}): Html {
  return page({
    title: 'Enter the code',
    session,
    main: html`<h1>Enter the code</h1>
      <p class="muted">The program that wants to log in shows it, for example in your terminal.</p>
      ${alert(error)}
      <form method="post" action="${paths.device}">
        ${csrfField(session)}
        <label for="user_code">Code</label>
        <input
          class="code"
          id="user_code"
          name="user_code"
          value="${typedCode}"
          placeholder="XXXX-XXXX"
          maxlength="20"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          aria-describedby="user_code_hint"
          required
          autofocus
        />
        <p class="hint" id="user_code_hint">Eight letters. Upper or lower case and the dash do not matter.</p>
        <div class="actions"><button>Continue</button></div>
      </form>`,
  });
}

export function confirmPage({
  session,
  authorization,
  organizationNames,
  now,
}: {
  session: PageSession;
  authorization: DeviceAuthorization;
  organizationNames: string[];
  now: number;
}): Html {
  const { clientId, tokenName, hostName, ipAddress, createdAt, userCode } = authorization;
  const caches =
    organizationNames.length === 0
      ? 'You are in no organization yet.'
      : `That includes the remote caches of ${organizationNames.join(', ')}.`;
  return page({
    title: 'Did you start this login?',
    session,
    main: html`<h1>Did you start this login?</h1>
      <p>
        A program wants to log in as <strong>${session.user.name}</strong> (${session.user.email}). Compare this code
        with the one it shows:
      </p>
      <p class="user-code">${formatUserCode(userCode)}</p>
      <dl>
        <dt>Program</dt>
        <dd>${clientName(clientId)}</dd>
        <dt>Computer</dt>
        <dd>${hostName ?? 'did not say'}</dd>
        ${
          tokenName === null
            ? ''
            : html`<dt>Token name</dt>
                <dd>${tokenName}</dd>`
        }
        <dt>Address</dt>
        <dd>${ipAddress ?? 'unknown'}</dd>
        <dt>Asked</dt>
        <dd>${ago(createdAt, now)}</dd>
      </dl>
      <p>
        If you approve, it gets a personal access token and can do what you can do with one. ${caches} You can revoke it
        at any time.
      </p>
      <p class="warning">Did somebody send you this code or this link? Then deny: they would be logged in as you.</p>
      <form method="post" action="${paths.device}">
        ${csrfField(session)}
        <input type="hidden" name="user_code" value="${formatUserCode(userCode)}" />
        <div class="actions">
          <button name="action" value="approve">Approve</button>
          <button class="secondary" name="action" value="deny">Deny</button>
        </div>
      </form>`,
  });
}

export function decidedPage({
  session,
  authorization,
  decision,
}: {
  session: PageSession;
  authorization: DeviceAuthorization;
  decision: 'approved' | 'denied';
}): Html {
  const program = clientName(authorization.clientId);
  const where = authorization.hostName === null ? '' : ` on ${authorization.hostName}`;
  return decision === 'approved'
    ? page({
        title: 'Approved',
        session,
        main: html`<h1>Approved</h1>
          <p>
            ${program}${where} is being logged in as ${session.user.name}. You can close this page and go back to it.
          </p>
          <p><a href="${paths.tokensPage}">See or revoke your tokens</a></p>`,
      })
    : page({
        title: 'Denied',
        session,
        main: html`<h1>Denied</h1>
          <p>${program}${where} was not logged in, and the code does not work any more.</p>
          <p class="muted">If you did not start this, nothing more is needed: nobody got access.</p>`,
      });
}
