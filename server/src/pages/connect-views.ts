import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { Organization, UnclaimedWorkspace, Workspace } from '../domain/model.js';
import { alert, csrfField, page, type Html } from './layout.js';
import { presetChoice } from './preset-choice.js';
import type { PageSession } from './session.js';
import { ago } from './times.js';

/** The page that says what to do with a workspace now that it is there. */
export function connectedPath(nxCloudId: string): string {
  return `/connect/workspaces/${nxCloudId}`;
}

/** What the form of such a page begins with, or was sent with. */
interface OwnerForm {
  session: PageSession;
  /** Those in which the person may make workspaces. */
  organizations: Organization[];
  name: string;
  /** What is wrong with what was sent. */
  error: string | null;
}

export function claimPage({
  workspace: { nxCloudId, createdAt, ipAddress },
  code,
  now,
  ...form
}: OwnerForm & { workspace: UnclaimedWorkspace; code: string; now: number }): Html {
  return page({
    title: 'Claim this workspace?',
    session: form.session,
    main: html`<h1>Claim this workspace?</h1>
      <p><code>nx connect</code> has made it. Until somebody claims it, its cache is closed to everybody.</p>
      <dl>
        <dt>nxCloudId</dt>
        <dd><code>${nxCloudId}</code></dd>
        <dt>Made</dt>
        <dd>${ago(createdAt, now)}</dd>
        <dt>From</dt>
        <dd>${ipAddress}</dd>
      </dl>
      <p class="warning">
        Compare the nxCloudId with the one in your <code>nx.json</code>. Is it another one? Then do not claim it.
      </p>
      ${ownerForm(form, { action: `/connect/${code}`, button: 'Claim' })}`,
  });
}

export function newPage(form: OwnerForm): Html {
  return page({
    title: 'Connect a workspace',
    session: form.session,
    main: html`<h1>Connect a workspace</h1>
      <p>
        This makes a workspace and shows the <code>nxCloudId</code> that belongs into <code>nx.json</code>, also in the
        place of one that <code>nx connect</code> has written there and nobody can claim.
      </p>
      <p class="muted">
        <code>npx nx connect --generate-token</code>, typed in the repository within ten minutes after that, prints a
        link that claims the one in <code>nx.json</code>, unless it was printed before.
      </p>
      ${ownerForm(form, { action: paths.connectNew, button: 'Make the workspace' })}`,
  });
}

/** What the workspace is called, whose it shall be, and who may use its cache. */
function ownerForm(
  { session, organizations, name, error }: OwnerForm,
  { action, button }: { action: string; button: string },
): Html {
  if (organizations.length === 0) {
    return html`<p class="error">
      You are neither owner nor admin of an organization, so you cannot own a workspace. Pass the address of this page
      on to somebody who is, or ask an owner to make you an admin:
      <code>npx nxkey member role ${session.user.email} admin</code>
    </p>`;
  }
  const options = organizations.map(
    (choice) => html`<option value="${choice.slug}">${choice.name} (${choice.slug})</option> `,
  );
  return html`${alert(error)}
    <form method="post" action="${action}">
      ${csrfField(session)}
      <label for="name">Name</label>
      <input id="name" name="name" value="${name}" maxlength="100" autocomplete="off" required />
      <label for="organization">Organization</label>
      <select id="organization" name="organization">
        ${options}
      </select>
      ${presetChoice()}
      <div class="actions"><button>${button}</button></div>
    </form>`;
}

/** The way from a workspace to builds that use its cache. */
export function connectedPage({
  session,
  workspace,
  organization,
  publicUrl,
}: {
  session: PageSession;
  workspace: Workspace;
  organization: Organization;
  publicUrl: string;
}): Html {
  const { name, nxCloudId } = workspace;
  return page({
    title: 'The workspace is yours',
    session,
    main: html`<h1>${name} belongs to ${organization.name}</h1>
      <p>Commit this in <code>nx.json</code>:</p>
      <pre>${`"nxCloudUrl": "${publicUrl}",\n"nxCloudId": "${nxCloudId}"`}</pre>
      <details>
        <summary>Before Nx 19.7 it belongs elsewhere</summary>
        <pre>
${`"tasksRunnerOptions": {
  "default": {
    "runner": "nx-cloud",
    "options": {
      "url": "${publicUrl}",
      "nxCloudId": "${nxCloudId}"
    }
  }
}`}</pre>
        <p>There the command for logging in is <code>npx nx-cloud login</code>.</p>
      </details>
      <p>Everybody who builds logs in, once for each computer:</p>
      <pre>npx nx login ${publicUrl}</pre>
      <p>CI gets a token of its own, as the secret <code>NX_CLOUD_ACCESS_TOKEN</code>:</p>
      <pre>
${`npx nxkey login ${publicUrl}\nnpx nxkey ci-token create main --access read-write --workspace ${nxCloudId}`}</pre>
      <p>
        Who may use the cache, <code>npx nxkey workspace show</code> says; <code>npx nxkey workspace set</code> changes
        it.
      </p>`,
  });
}

export function claimedPage(): Html {
  return page({
    title: 'This workspace has an owner',
    session: null,
    main: html`<h1>This workspace has an owner</h1>
      <p>There is nothing to claim. To use its cache, be a member of its organization and log in once:</p>
      <pre>npx nx login</pre>
      <p>
        If you do not know whose it is, take its <code>nxCloudId</code> out of <code>nx.json</code>: who owns a
        workspace decides what its cache gives you.
      </p>`,
  });
}
