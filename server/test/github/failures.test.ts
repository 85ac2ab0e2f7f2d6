import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GithubUnavailable } from '../../src/domain/github/gateway.js';
import type { GithubClientOptions } from '../../src/github/client.js';
import { gatewayTo, organizationRef, pageMemory, read } from '../support/github/gateway.js';
import type { Fault } from '../support/github/faults.js';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';
import type { DoubleInstallation } from '../support/github/world.js';

let github: GithubDouble;
let installation: DoubleInstallation;

beforeEach(async () => {
  github = await startGithubDouble();
  installation = github.world.install(github.world.addOrganization({ login: 'acme', members: 1 }));
});
afterEach(async () => {
  await github.close();
});

const ofLists = ({ path }: { path: string }) => path.endsWith('/members');
const now = Date.parse('2026-11-30T12:00:00Z');

function members(change: Partial<GithubClientOptions> = {}) {
  return read(gatewayTo(github, change).members(organizationRef(installation), 'member', pageMemory()));
}

async function failure(change: Partial<GithubClientOptions> = {}): Promise<GithubUnavailable> {
  const error = await members(change).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GithubUnavailable)) throw new Error('that did not fail as it should', { cause: error });
  return error;
}

describe('GitHub, failing', () => {
  it.each([500, 502, 503])('with %i is asked again, shortly and no more than three times', async (status) => {
    github.fail({ fault: { kind: 'status', status }, path: /\/members$/, times: 2 });
    expect((await members()).logins).toEqual(['person-1']);
    expect(github.counts(ofLists).all).toBe(3);

    github.forgetRequests();
    github.fail({ fault: { kind: 'status', status }, path: /\/members$/ });
    expect((await failure()).message).toBe(
      `GitHub at 127.0.0.1 was asked for the members of acme: it answered with an error of its own (${status}).`,
    );
    expect(github.counts(ofLists).all).toBe(3);
  });

  it('after the limit of an hour is used up is not asked again, and it is known when that is worth it', async () => {
    const fault: Fault = { kind: 'primary-limit', resetInSeconds: 900 };
    github.fail({ fault, path: /\/members$/ });
    const clock = () => Date.now();
    const { message, retryAfterMs } = await failure({ clock });
    expect(message).toMatch(/the limit on requests in an hour is used up\. It may be asked again in \d+ seconds\.$/);
    expect(retryAfterMs).toBeGreaterThan(800_000);
    expect(retryAfterMs).toBeLessThanOrEqual(900_000);
    expect(github.counts(ofLists).all).toBe(1);
  });

  it('counts down its own limit, and refuses then', async () => {
    github.settings.limit.perHour = 2;
    const gateway = gatewayTo(github);
    const ask = () => read(gateway.members(organizationRef(installation), 'member', pageMemory()));
    await ask();
    await ask();
    await expect(ask()).rejects.toThrow('the limit on requests in an hour is used up.');
    github.passTime(3_600_000);
    expect((await ask()).logins).toEqual(['person-1']);
  });

  it.each([
    [403, 30, 30_000],
    [429, 30, 30_000],
    [403, null, 60_000],
    [429, null, 60_000],
    [429, 999_999_999, 3_600_000],
  ] as const)(
    'of too many requests at a time (%i, %s) is left alone',
    async (status, retryAfterSeconds, retryAfterMs) => {
      github.fail({ fault: { kind: 'secondary-limit', status, retryAfterSeconds }, path: /\/members$/ });
      const error = await failure();
      expect(error.message).toContain('it wants fewer requests at a time. It may be asked again in');
      expect(error.retryAfterMs).toBe(retryAfterMs);
      expect(github.counts(ofLists).all).toBe(1);
    },
  );

  it('of too many requests for a moment is asked again once', async () => {
    github.fail({
      fault: { kind: 'secondary-limit', status: 429, retryAfterSeconds: 1 },
      path: /\/members$/,
      times: 1,
    });
    expect((await members()).logins).toEqual(['person-1']);
    github.forgetRequests();
    github.fail({ fault: { kind: 'secondary-limit', status: 429, retryAfterSeconds: 1 }, path: /\/members$/ });
    expect((await failure()).retryAfterMs).toBe(1000);
    expect(github.counts(ofLists).all).toBe(2);
  });

  it.each(['hang', 'hang-in-body'] as const)('to get to an end (%s) is not waited for', async (kind) => {
    github.fail({ fault: { kind }, path: /\/members$/ });
    const { message } = await failure({ timeoutMs: 100 });
    expect(message).toMatch(
      /was asked for the members of acme: it(s answer makes no sense| did not answer within 0.1 seconds)/,
    );
  });

  it('to answer while we ask for a token is not waited for', async () => {
    github.fail({ fault: { kind: 'hang' }, path: /access_tokens$/ });
    expect((await failure({ timeoutMs: 100 })).message).toContain('it did not answer within 0.1 seconds.');
  });

  it('to be there is told with the reason, and healed when it is back', async () => {
    await github.refuseConnections();
    expect((await failure()).message).toBe(
      'GitHub at 127.0.0.1 was asked for the members of acme: it cannot be reached (ECONNREFUSED).',
    );
    await github.listenAgain();
    expect((await members()).logins).toEqual(['person-1']);
  });

  it('in the middle of a connection is asked again', async () => {
    github.fail({ fault: { kind: 'reset' }, path: /\/members$/, times: 1 });
    expect((await members()).logins).toEqual(['person-1']);
  });

  it('to give us what we ask for, for want of a permission, says which', async () => {
    github.fail({
      fault: { kind: 'status', status: 403, message: 'Resource not accessible by integration' },
      path: /\/members$/,
    });
    const error = await failure();
    expect(error.message).toContain('The GitHub App needs the organization permission "Members: Read-only".');
    expect(error.isRefusal).toBe(true);
    expect(github.counts(ofLists).all).toBe(1);
  });

  it('in the middle of a list ends the list with an error, not as if it were complete', async () => {
    const large = github.world.install(github.world.addOrganization({ login: 'large', members: 250 }));
    github.settings.beforeAnswer = ({ query }) => {
      if (query['page'] === '3') github.fail({ fault: { kind: 'status', status: 502 } });
    };
    const pages: number[] = [];
    const reading = (async () => {
      for await (const { people } of gatewayTo(github).members(organizationRef(large), 'member', pageMemory())) {
        pages.push(people.length);
      }
    })();
    await expect(reading).rejects.toThrow(GithubUnavailable);
    expect(pages).toEqual([100, 100]);
  });
});

describe('what is kept to ourselves', () => {
  const faults: Fault[] = [
    { kind: 'status', status: 401 },
    { kind: 'status', status: 403 },
    { kind: 'status', status: 500 },
    { kind: 'primary-limit', resetInSeconds: 60 },
    { kind: 'secondary-limit', status: 429, retryAfterSeconds: 60 },
    { kind: 'garbage', body: '[{}]' },
    { kind: 'reset' },
    { kind: 'hang' },
  ];
  it.each(faults)(
    'neither errors nor the console have a token, a signature or the key in them ($kind)',
    async (fault) => {
      const console = ['debug', 'info', 'log', 'warn', 'error'] as const;
      const spies = console.map((level) => vi.spyOn(globalThis.console, level));
      const written = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
      await members();
      github.fail({ fault });
      const ofApp = await gatewayTo(github, { timeoutMs: 100 })
        .findInstallation('acme')
        .catch((error: unknown) => error);
      const errors = [await failure({ timeoutMs: 100 }), ofApp];
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
      for (const spy of written) expect(spy).not.toHaveBeenCalled();
      const shown = inspect(errors, { depth: 20, showHidden: true });
      expect(shown).toContain('was asked for');
      expect(shown).not.toMatch(/gh[su]_|eyJ|PRIVATE KEY|authorization/i);
    },
  );
});

it('is loaded when it is asked, and not before', async () => {
  vi.resetModules();
  const load = vi.fn();
  vi.doMock('octokit', async (original) => {
    load();
    return original();
  });
  const { createGithubGateway } = await import('../../src/github/create-gateway.js');
  const { id, privateKey } = github.app;
  const gateway = createGithubGateway({ url: github.url, appId: String(id), privateKey, clock: () => now });
  expect(load).not.toHaveBeenCalled();
  expect(await gateway.findInstallation('acme')).not.toBeNull();
  expect(load).toHaveBeenCalledOnce();
  vi.doUnmock('octokit');
});
