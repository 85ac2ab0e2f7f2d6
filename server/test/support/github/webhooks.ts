import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { isObject } from '../../../../src/rest-client/narrow.js';
import { installationBody, simpleOrganization, simpleTeam, simpleUser, type Urls } from './bodies.js';
import type { DoubleApp } from './credentials.js';
import { loadDescription, type DescriptionName } from './description.js';
import type { DoubleInstallation, DoubleOrganization, DoubleTeam, DoubleUser } from './world.js';

/** A webhook on its way: change what is in it, and it is one that GitHub has not sent. */
export interface Delivery {
  event: string;
  /** `X-GitHub-Delivery`; the signature does not cover it. */
  id: string;
  body: string;
  /** `X-Hub-Signature-256` */
  signature: string;
}

export interface Webhooks {
  memberAdded(organization: DoubleOrganization, user: DoubleUser): Delivery;
  memberRemoved(organization: DoubleOrganization, user: DoubleUser): Delivery;
  /** After it was renamed. */
  organizationRenamed(organization: DoubleOrganization, formerLogin: string): Delivery;
  teamMemberAdded(team: DoubleTeam, user: DoubleUser): Delivery;
  teamMemberRemoved(team: DoubleTeam, user: DoubleUser): Delivery;
  teamDeleted(team: DoubleTeam): Delivery;
  /** After its slug was changed. */
  teamRenamed(team: DoubleTeam, formerSlug: string): Delivery;
  installationDeleted(installation: DoubleInstallation): Delivery;
  installationSuspended(installation: DoubleInstallation): Delivery;
  installationUnsuspended(installation: DoubleInstallation): Delivery;
  /** Any event, signed: one that nobody waits for, a payload of another shape. */
  signed(event: string, body: string): Delivery;
  send(delivery: Delivery, url: string): Promise<Response>;
}

export interface WebhooksOptions {
  app: DoubleApp;
  urls: Urls;
  description: DescriptionName | null;
  now: () => number;
}

/** GitHub's own example payloads, with the people, teams and organizations of a test in the places of theirs. */
export function createWebhooks({ app, urls, description, now }: WebhooksOptions): Webhooks {
  const signed = (event: string, body: string): Delivery => {
    const signature = `sha256=${createHmac('sha256', app.webhookSecret).update(body).digest('hex')}`;
    return { event, id: randomUUID(), body, signature };
  };
  const delivery = (event: string, action: string, change: Record<string, unknown>, example = action): Delivery => {
    const sender = simpleUser({ id: 3, login: 'somebody-at-github' }, urls);
    const payload = { ...exampleOf(event, example), ...change, action, sender };
    const problem = description === null ? null : loadDescription(description).webhookProblem(event, action, payload);
    if (problem !== null) throw new Error(problem);
    return signed(event, JSON.stringify(payload));
  };
  const ofOrganization = (organization: DoubleOrganization) => ({
    organization: simpleOrganization(organization, urls),
  });
  const ofMember = (organization: DoubleOrganization, user: DoubleUser, state: string) => ({
    ...ofOrganization(organization),
    membership: {
      url: `${urls.api}/orgs/${organization.login}/memberships/${user.login}`,
      state,
      role: organization.members.get(user.id)?.role ?? 'member',
      organization_url: `${urls.api}/orgs/${organization.login}`,
      user: simpleUser(user, urls),
    },
  });
  const ofTeam = (team: DoubleTeam) => ({ ...ofOrganization(team.organization), team: simpleTeam(team, urls) });
  const ofTeamMember = (team: DoubleTeam, user: DoubleUser) => ({ ...ofTeam(team), member: simpleUser(user, urls) });
  const ofInstallation = (installation: DoubleInstallation, suspendedAt: number | null) => {
    return { installation: installationBody({ ...installation, suspendedAt }, app, urls), repositories: [] };
  };

  return {
    signed,
    memberAdded: (organization, user) =>
      delivery('organization', 'member_added', ofMember(organization, user, 'active')),
    // There is no example of this one; the description says that it is like the other.
    memberRemoved: (organization, user) =>
      delivery('organization', 'member_removed', ofMember(organization, user, 'inactive'), 'member_added'),
    organizationRenamed: (organization, formerLogin) =>
      delivery('organization', 'renamed', {
        ...ofOrganization(organization),
        changes: { login: { from: formerLogin } },
      }),
    teamMemberAdded: (team, user) => delivery('membership', 'added', ofTeamMember(team, user)),
    teamMemberRemoved: (team, user) => delivery('membership', 'removed', ofTeamMember(team, user)),
    teamDeleted: (team) => delivery('team', 'deleted', ofTeam(team)),
    teamRenamed: (team, formerSlug) =>
      delivery('team', 'edited', { ...ofTeam(team), changes: { name: { from: formerSlug } } }),
    installationDeleted: (installation) =>
      delivery('installation', 'deleted', ofInstallation(installation, installation.suspendedAt)),
    installationSuspended: (installation) => delivery('installation', 'suspend', ofInstallation(installation, now())),
    installationUnsuspended: (installation) =>
      delivery('installation', 'unsuspend', ofInstallation(installation, null)),
    send: ({ event, id, body, signature }, url) =>
      fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'GitHub-Hookshot/044aadd',
          'x-github-delivery': id,
          'x-github-event': event,
          'x-github-hook-id': '292430182',
          'x-github-hook-installation-target-id': String(app.id),
          'x-github-hook-installation-target-type': 'integration',
          'x-hub-signature-256': signature,
        },
      }),
  };
}

const examples: unknown = createRequire(import.meta.url)('@octokit/webhooks-examples');

function exampleOf(event: string, action: string): Readonly<Record<string, unknown>> {
  const events = (Array.isArray(examples) ? examples : []).filter(isObject);
  const payloads = events.find(({ name }) => name === event)?.['examples'];
  const example = (Array.isArray(payloads) ? payloads : []).filter(isObject).find((each) => each['action'] === action);
  if (example === undefined) throw new Error(`There is no example of ${event} ${action}`);
  return example;
}
