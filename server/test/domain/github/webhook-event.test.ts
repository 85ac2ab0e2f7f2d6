import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../../src/rest-client/narrow.js';
import { githubEvent, type GithubEvent } from '../../../src/domain/github/webhook-event.js';

interface Example {
  event: string;
  /** Of events that have none: an empty one. */
  action: string;
  payload: Readonly<Record<string, unknown>>;
}

/** Everything that GitHub gives as an example of what it sends. */
const examples: Example[] = arrayOf(createRequire(import.meta.url)('@octokit/webhooks-examples')).flatMap((event) =>
  arrayOf(event['examples']).map((payload) => ({
    event: String(event['name']),
    action: typeof payload['action'] === 'string' ? payload['action'] : '',
    payload,
  })),
);
const octocoders = '38302899';
const codertocat = { githubUserId: '21031067', login: 'Codertocat' };
const hacktocat = { githubUserId: '39652351', login: 'hacktocat' };
const team = '3253328';
const ended = (installationId: string, state: 'suspended' | 'removed'): GithubEvent => ({
  kind: 'installation-ended',
  installationId,
  state,
});
const changed = (organization: string): GithubEvent => ({ kind: 'organization-changed', organization });

/** The first example of each that GitHub has one of. */
const meaning: [event: string, action: string, told: GithubEvent][] = [
  ['organization', 'member_added', { kind: 'person-changed', organization: octocoders, person: hacktocat }],
  ['organization', 'renamed', changed(octocoders)],
  ['membership', 'added', { kind: 'person-changed', organization: octocoders, person: codertocat }],
  ['membership', 'removed', { kind: 'left-team', organization: octocoders, teamId: team, person: codertocat }],
  ['team', 'deleted', { kind: 'team-deleted', organization: octocoders, teamId: team }],
  ['team', 'edited', { kind: 'team-renamed', organization: octocoders, teamId: team, slug: 'github' }],
  ['installation', 'created', changed('21031067')],
  ['installation', 'deleted', ended('2', 'removed')],
  ['installation', 'suspend', ended('16598467', 'suspended')],
  ['installation', 'unsuspend', changed('21031067')],
];

function example(event: string, action: string): Readonly<Record<string, unknown>> {
  const found = examples.find((each) => each.event === event && each.action === action);
  if (found === undefined) throw new Error(`there is no example of ${event} ${action}`);
  return found.payload;
}
function arrayOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return (Array.isArray(value) ? value : []).filter(isObject);
}

describe('a webhook that concerns somebody here', () => {
  it.each(meaning)('%s %s', (event, action, told) => {
    expect(githubEvent(event, example(event, action))).toEqual(told);
  });

  // Of these GitHub has no example; its description says that they are like the others.
  it.each<[string, string, like: string, GithubEvent]>([
    [
      'organization',
      'member_removed',
      'member_added',
      { kind: 'left-organization', organization: octocoders, person: hacktocat },
    ],
    ['organization', 'deleted', 'renamed', changed(octocoders)],
  ])('%s %s, which is like %s', (event, action, like, told) => {
    expect(githubEvent(event, { ...example(event, like), action })).toEqual(told);
  });
});

describe('every example of GitHub', () => {
  const taken = new Set(meaning.map(([event, action]) => `${event} ${action}`));
  const others = [...new Set(examples.map(({ event, action }) => `${event} ${action}`))].filter(
    (name) => !taken.has(name),
  );

  it('is taken as its kind, all examples of it', () => {
    for (const { event, action, payload } of examples.filter(({ event, action }) => taken.has(`${event} ${action}`))) {
      const kind = meaning.find((each) => each[0] === event && each[1] === action)?.[2].kind;
      expect([event, action, githubEvent(event, payload)?.kind]).toEqual([event, action, kind]);
    }
  });

  it('of something else is nothing, the neighbours of the former, too', () => {
    expect(others).toEqual(
      expect.arrayContaining([
        'organization member_invited',
        'team created',
        'team added_to_repository',
        'team removed_from_repository',
        'installation new_permissions_accepted',
        'installation_repositories added',
        'installation_repositories removed',
        'member added',
        'member edited',
        'github_app_authorization revoked',
        'repository transferred',
        'ping ',
        'push ',
      ]),
    );
  });

  it.each(others)('means nothing here: %s', (name) => {
    for (const { event, payload } of examples.filter((each) => `${each.event} ${each.action}` === name)) {
      expect(githubEvent(event, payload)).toBeNull();
    }
  });

  it('takes nothing away under the name of another event, which no signature covers', () => {
    const harmless = [undefined, 'organization-changed'];
    const names = ['organization', 'membership', 'team', 'installation'];
    for (const [event, action] of meaning) {
      for (const other of names.filter((name) => name !== event)) {
        expect(harmless).toContain(githubEvent(other, example(event, action))?.kind);
      }
    }
  });
});

/** `path`, as in `membership.user.id`, with another value; `undefined` takes it out. */
function withValue(payload: Readonly<Record<string, unknown>>, path: string, value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path.split('.');
  const inner = payload[name];
  if (rest.length > 0 && !isObject(inner)) throw new Error(`the example has no ${path}`);
  return { ...payload, [name]: isObject(inner) && rest.length > 0 ? withValue(inner, rest.join('.'), value) : value };
}

const ids = [undefined, null, 0, -1, 1.5, '38302899', Number.MAX_SAFE_INTEGER + 1, {}];
const texts = [undefined, null, '', 7, {}];
const objects = [undefined, null, 'x', 7, []];

describe('a payload of another shape is nothing, and no failure:', () => {
  it.each<[event: string, action: string, path: string, values: readonly unknown[]]>([
    ['organization', 'member_added', 'organization', objects],
    ['organization', 'member_added', 'organization.id', ids],
    ['organization', 'member_added', 'membership', objects],
    ['organization', 'member_added', 'membership.user', objects],
    ['organization', 'member_added', 'membership.user.id', ids],
    ['organization', 'member_added', 'membership.user.login', [...texts, 'x'.repeat(101)]],
    ['organization', 'renamed', 'organization.id', ids],
    ['membership', 'removed', 'organization', objects],
    ['membership', 'removed', 'organization.id', ids],
    ['membership', 'removed', 'member', objects],
    ['membership', 'removed', 'member.id', ids],
    ['membership', 'removed', 'member.login', [...texts, 'x'.repeat(101)]],
    ['membership', 'removed', 'team', objects],
    ['membership', 'removed', 'team.id', ids],
    ['team', 'deleted', 'organization', objects],
    ['team', 'deleted', 'team', objects],
    ['team', 'deleted', 'team.id', ids],
    ['team', 'edited', 'team.slug', [...texts, 'x'.repeat(256)]],
    ['installation', 'deleted', 'installation', objects],
    ['installation', 'deleted', 'installation.id', ids],
    ['installation', 'created', 'installation.account', objects],
    ['installation', 'created', 'installation.account.id', ids],
    ['organization', 'member_added', 'action', [...texts, 'Member_added', 'constructor', ['member_added']]],
  ])('%s %s without a usable %s', (event, action, path, values) => {
    const payload = example(event, action);
    expect(githubEvent(event, payload)).not.toBeNull();
    for (const value of values) expect(githubEvent(event, withValue(payload, path, value))).toBeNull();
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', [example('team', 'deleted')]],
    ['text', 'team'],
    ['{}', {}],
  ])('%s', (_what, payload) => {
    for (const event of ['organization', 'membership', 'team', 'installation', 'push', '', '__proto__']) {
      expect(githubEvent(event, payload)).toBeNull();
    }
  });
});
