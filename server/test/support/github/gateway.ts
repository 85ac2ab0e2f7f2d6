import type {
  GithubGateway,
  GithubOrganizationRef,
  MemberPage,
  PageMemory,
} from '../../../src/domain/github/gateway.js';
import type { GithubClientOptions } from '../../../src/github/client.js';
import { createGithubGateway } from '../../../src/github/create-gateway.js';
import type { GithubDouble } from './github-double.js';
import type { DoubleInstallation, DoubleUser } from './world.js';

/** What the operator sets for that GitHub; and nobody waits before asking again. */
export function clientOptions(github: GithubDouble, change: Partial<GithubClientOptions> = {}): GithubClientOptions {
  const { id, privateKey } = github.app;
  return { url: github.url, appId: String(id), privateKey, clock: Date.now, retryDelayMs: 1, ...change };
}

export function gatewayTo(github: GithubDouble, change: Partial<GithubClientOptions> = {}): GithubGateway {
  return createGithubGateway(clientOptions(github, change));
}

export function organizationRef({ id, organization }: DoubleInstallation): GithubOrganizationRef {
  return { installationId: String(id), githubOrganizationId: String(organization.id), login: organization.login };
}

export function personRef({ id, login }: Pick<DoubleUser, 'id' | 'login'>): { githubUserId: string; login: string } {
  return { githubUserId: String(id), login };
}

/** `pages` is open to tests: what is in there may be broken. */
export function pageMemory(): PageMemory & { pages: Map<string, unknown> } {
  const pages = new Map<string, unknown>();
  return {
    pages,
    find: (list, page) =>
      Promise.resolve((pages.get(`${list} ${page}`) ?? null) as Awaited<ReturnType<PageMemory['find']>>),
    keep: (list, page, remembered) => {
      pages.set(`${list} ${page}`, remembered);
      return Promise.resolve();
    },
    forgetFrom: (list, page) => {
      for (let number = page; pages.delete(`${list} ${number}`); number++);
      return Promise.resolve();
    },
  };
}

/** All pages of a list, one after the other. */
export async function read(pages: AsyncIterable<MemberPage>): Promise<{ logins: string[]; unchanged: boolean[] }> {
  const logins: string[] = [];
  const unchanged: boolean[] = [];
  for await (const { people, isUnchanged } of pages) {
    logins.push(...people.map(({ login }) => login));
    unchanged.push(isUnchanged);
  }
  return { logins, unchanged };
}
