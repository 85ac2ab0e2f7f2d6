import type { Repositories } from '../repositories.js';
import { ask, recordProblem } from './checks.js';
import type { GithubAccount, GithubSignIn } from './connections.js';
import { GithubUnavailable } from './gateway.js';
import { inParallel } from './in-parallel.js';
import type { GithubConnection } from './model.js';
import { applyObservations, settle, type GithubContext } from './observations.js';

type Account = Pick<GithubAccount, 'githubUserId' | 'login'>;

/** Somebody who is not there now is not asked about again for that long: anybody with an account at GitHub may try. */
const askAgainAfterMs = 60_000;
const atOnce = 4;

export function createGithubSignIn(context: GithubContext): GithubSignIn {
  const { database, clock, gateway } = context;

  async function connections(repositories: Repositories): Promise<GithubConnection[]> {
    const all = await repositories.github.connections();
    return all.filter(({ issuer }) => issuer === gateway.issuer);
  }

  /**
   * Asks where the person is not known to be.
   *
   * @returns whether they are in any connected organization; why nobody knows
   */
  async function askWhereUnknown(account: Account): Promise<boolean | GithubUnavailable> {
    const unknown: GithubConnection[] = [];
    let isAnywhere = false;
    for (const connection of await connections(database)) {
      const known = await database.github.members.find(connection.organizationId, account.githubUserId);
      if (known?.isPresent === true) isAnywhere ||= !known.isHeld;
      else if (known === null || clock() - known.observedAt >= askAgainAfterMs) unknown.push(connection);
    }
    let failure: GithubUnavailable | undefined;
    await inParallel(unknown, atOnce, async (connection) => {
      try {
        const observation = await ask(connection, account, context);
        isAnywhere ||= observation.state !== null;
        await database.transaction((repositories) =>
          applyObservations(repositories, connection, [observation], ', found at sign-in', context),
        );
      } catch (error) {
        if (!(error instanceof GithubUnavailable)) throw error;
        failure ??= error;
        await recordProblem(connection, error, context);
      }
    });
    return isAnywhere || failure === undefined ? isAnywhere : failure;
  }

  async function settleEverywhere(repositories: Repositories, userId: string, how: string): Promise<void> {
    for (const connection of await connections(repositories)) {
      await settle(repositories, connection, [userId], { how }, context);
    }
  }

  return {
    issuer: gateway.issuer,
    async onSignIn(user, { issuer, ...account }) {
      if (issuer !== gateway.issuer) return;
      await database.transaction((repositories) => settleEverywhere(repositories, user.id, ', found at sign-in'));
      await askWhereUnknown(account);
    },
    async onUnlinked(repositories, user) {
      await settleEverywhere(repositories, user.id, ': the account at GitHub was unlinked');
    },
    async maySignUp(account) {
      const answer = await askWhereUnknown(account);
      if (answer instanceof GithubUnavailable) throw answer;
      return answer;
    },
  };
}
