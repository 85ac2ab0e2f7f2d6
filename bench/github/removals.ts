import { openSqliteDatabase } from '../../server/src/database/sqlite.js';
import type { Repositories } from '../../server/src/domain/repositories.js';
import { paths } from '../../src/protocol/paths.js';
import { untried, type TriedToken } from '../revocation/readers.js';
import type { NxkeyServer } from '../support/nxkey-server.js';
import type { GithubProcess } from './github-process.js';
import { seedConnection, seedLinkedUser, seedTokenOf, seedUser } from './seed.js';

/** Somebody with an account here and a personal access token. */
export interface Person extends TriedToken {
  readonly userId: string;
}

export interface MemberFromGithub extends Person {
  readonly githubUserId: number;
}

/** Makes all of that GitHub's members members of acme, as a reconciliation a moment ago would have, and some by hand. */
export async function seedMembers(
  { dataFolder, nxCloudId }: Pick<NxkeyServer, 'dataFolder' | 'nxCloudId'>,
  github: GithubProcess,
  manual: number,
): Promise<{ fromGithub: MemberFromGithub[]; byHand: Person[] }> {
  const database = await openSqliteDatabase(dataFolder);
  try {
    return await database.transaction(async (repositories) => {
      const found = await repositories.workspaces.findByNxCloudId(nxCloudId);
      if (found === null) throw new Error('the server was not set up');
      const organizationId = found.organization.id;
      const now = Date.now();
      await seedConnection(repositories, organizationId, github, { confirmedAt: now });
      const join = (userId: string, source: 'github' | 'manual') =>
        repositories.organizations.addMember({ userId, organizationId, role: 'member', source, createdAt: now });

      const fromGithub: MemberFromGithub[] = [];
      for (const person of github.population.people) {
        const { id: githubUserId, login } = person;
        const userId = await seedLinkedUser(repositories, github.url, person);
        await join(userId, 'github');
        const isAdmin = github.population.organization.members.get(githubUserId)?.role === 'admin';
        const state = { isAdmin, isPresent: true, isHeld: false, observedAt: now };
        await repositories.github.members.observe([
          { organizationId, githubUserId: String(githubUserId), login, ...state },
        ]);
        fromGithub.push({ userId, githubUserId, ...untried(await seedTokenOf(userId, repositories)) });
      }
      const byHand: Person[] = [];
      for (let number = 0; number < manual; number++) byHand.push(await seedManual(repositories, join));
      return { fromGithub, byHand };
    });
  } finally {
    await database.close();
  }
}

async function seedManual(
  repositories: Repositories,
  join: (userId: string, source: 'manual') => Promise<boolean>,
): Promise<Person> {
  const userId = await seedUser(repositories);
  await join(userId, 'manual');
  return { userId, ...untried(await seedTokenOf(userId, repositories)) };
}

/** Over HTTP, as GitHub and an owner do it. */
export class Remover {
  readonly #server: NxkeyServer;
  readonly #ownerToken: string;
  readonly #github: GithubProcess;

  constructor(server: NxkeyServer, ownerToken: string, github: GithubProcess) {
    this.#server = server;
    this.#ownerToken = ownerToken;
    this.#github = github;
  }

  /** Takes them out at GitHub. @returns what sends the webhook; fulfilled once it is answered */
  async byWebhook({ githubUserId }: MemberFromGithub): Promise<() => Promise<void>> {
    const delivery = await this.#github.remove(githubUserId);
    return () => this.#deliver(delivery, 202);
  }

  /** @returns what sends the request; fulfilled once it is answered */
  byHand({ userId }: Person): () => Promise<void> {
    const headers = { authorization: `Bearer ${this.#ownerToken}` };
    return () => this.#send(paths.member('acme', userId), { method: 'DELETE', headers }, 204);
  }

  /** Has all members be looked at anew, by a reconciliation that begins within a second. */
  async askForReconciliation(): Promise<void> {
    await this.#deliver(await this.#github.sayChanged(), 202);
  }

  #deliver({ body, ...delivery }: Awaited<ReturnType<GithubProcess['remove']>>, status: number): Promise<void> {
    const headers = {
      'content-type': 'application/json',
      'x-github-event': delivery.event,
      'x-github-delivery': delivery.id,
      'x-hub-signature-256': delivery.signature,
    };
    return this.#send(paths.githubWebhook, { method: 'POST', headers, body }, status);
  }

  async #send(path: string, request: RequestInit, status: number): Promise<void> {
    const response = await fetch(this.#server.url + path, request);
    const text = await response.text();
    if (response.status !== status) throw new Error(`${path} was answered with ${response.status}: ${text}`);
  }
}
