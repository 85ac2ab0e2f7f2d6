/**
 * The GitHub that the tests run against, in a process of its own, so that it takes no time from what is measured. Nothing
 * is held against GitHub's description here: the tests do that.
 */
import { startGithubDouble } from '../../server/test/support/github/github-double.js';
import { populate, type PopulationSize } from './population.js';
import type { GithubOrder, GithubReady, RequestsSeen } from './github-process.js';

const size = JSON.parse(process.argv[2] ?? '') as PopulationSize;
const github = await startGithubDouble({ description: null });
const { organization, installation } = populate(github.world, size);

function answer(order: GithubOrder): unknown {
  switch (order.kind) {
    case 'remove': {
      const user = github.world.users.get(order.userId);
      if (user === undefined) throw new Error(`there is no account ${order.userId}`);
      github.world.removeMember(organization, user);
      return github.webhooks.memberRemoved(organization, user);
    }
    case 'say-changed':
      return github.webhooks.organizationRenamed(organization, organization.login);
    case 'requests': {
      const seen: RequestsSeen = {
        pages: github.counts(({ path }) => path.endsWith('/members')),
        tokens: github.counts(({ path }) => path.endsWith('/access_tokens')),
        all: github.counts(),
      };
      github.forgetRequests();
      return seen;
    }
    case 'token':
      return github.credentials.issueInstallationToken(installation).token;
  }
}

process.on('message', (order: GithubOrder) => {
  process.send?.(answer(order));
});
process.on('disconnect', () => void github.close());
const ready: GithubReady = { url: github.url, app: github.app };
process.send?.(ready);
