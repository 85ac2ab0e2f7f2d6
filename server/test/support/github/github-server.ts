import { setTimeout } from 'node:timers/promises';
import { byUser } from '../../../src/domain/audit-log.js';
import type { GithubConnections, NewConnection } from '../../../src/domain/github/connections.js';
import { startTestServer, type TestServer, type TestServerOptions, type TestUser } from '../test-server.js';
import { gatewayTo } from './gateway.js';
import { startGithubDouble, type GithubDouble } from './github-double.js';
import type { DoubleInstallation, DoubleOrganization, DoubleUser } from './world.js';

/** A server that is set up for a GitHub, where `acme-inc` has installed its App. */
export interface GithubServer {
  server: TestServer;
  github: GithubDouble;
  connections: GithubConnections;
  acmeInc: DoubleOrganization;
  installation: DoubleInstallation;
  /** An account here, linked to one at GitHub that is in `acme-inc`. */
  addPerson(login: string, options?: { role?: 'admin' | 'member' }): Promise<{ user: TestUser; account: DoubleUser }>;
  /** Links an account here to one at GitHub. */
  link(user: TestUser, account: DoubleUser): Promise<void>;
  /** Connects `acme` to `acme-inc`, as its owner Ada, and takes the members. */
  connect(request?: Partial<NewConnection>): Promise<void>;
  /** Asks GitHub for all members of `acme-inc`. */
  reconcile(): Promise<string>;
  close(): Promise<void>;
}

/** Ada, who owns `acme` here, is an owner of `acme-inc` there, by her linked account. */
export async function startGithubServer(
  options: Pick<TestServerOptions, 'busyTimeoutMs' | 'metrics'> = {},
): Promise<GithubServer> {
  const github = await startGithubDouble();
  const server = await startTestServer({
    ...options,
    github: {
      // The first answer of the GitHub of the tests takes long on a busy machine: it reads GitHub's whole description.
      gateway: gatewayTo(github, { timeoutMs: 60_000 }),
      webhookSecret: github.app.webhookSecret,
      reconcileEveryMs: 10 * 60_000,
    },
  });
  const { services, organizationId, owner } = server;
  if (services.github === null) throw new Error('the server is set up for no GitHub');
  const connections = services.github;
  const acmeInc = github.world.addOrganization({ login: 'acme-inc' });
  const ada = github.world.addUser({ login: 'ada' });
  github.world.addMember(acmeInc, ada, { role: 'admin' });

  const link: GithubServer['link'] = async (user, account) => {
    await services.database.identities.insert({
      issuer: connections.issuer,
      subject: String(account.id),
      userId: user.id,
      label: account.login,
      createdAt: server.now(),
      lastSignInAt: null,
      sealedRefreshToken: null,
      askedAt: null,
      checkedAt: null,
    });
  };
  await link(owner, ada);
  const reconcile: GithubServer['reconcile'] = async () => {
    for (;;) {
      const outcome = await connections.reconcile(organizationId);
      // The server is at it by itself.
      if (outcome !== 'busy') return outcome;
      await setTimeout(20);
    }
  };
  return {
    server,
    github,
    connections,
    acmeInc,
    installation: github.world.install(acmeInc),
    link,
    reconcile,
    async addPerson(login, { role = 'member' } = {}) {
      const user = await server.addUser({ email: `${login}@acme.example`, name: login, role: null });
      const account = github.world.addUser({ login });
      github.world.addMember(acmeInc, account, { role });
      await link(user, account);
      return { user, account };
    },
    async connect(request = {}) {
      const acme = await services.database.organizations.findBySlug('acme');
      if (acme === null) throw new Error('there is no organization acme');
      const initiator = byUser(owner, { ipAddress: null, requestId: null });
      await connections.connect(acme, { login: 'acme-inc', adminRole: 'admin', teams: [], ...request }, initiator);
      const outcome = await reconcile();
      if (outcome !== 'complete') throw new Error(`the reconciliation is ${outcome}`);
    },
    async close() {
      await server.close();
      await github.close();
    },
  };
}
