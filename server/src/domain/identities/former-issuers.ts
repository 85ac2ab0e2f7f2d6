import type { Initiator } from '../audit-log.js';
import type { Clock } from '../model.js';
import type { Database } from '../repositories.js';
import { settleMembership } from '../sourced-memberships.js';
import type { IdentityProvider } from './provider.js';

/** How many people a transaction is about. */
const chunkSize = 200;

const source = 'oidc';

/**
 * Suspends the memberships from groups of people whom no provider that the server is set up for knows: it has been set up
 * for another one, and nobody would ever say what groups they are in. As at a refusal, they have them again when they
 * sign in with a provider that gives them; one that the server is set up for again gives them with its next check.
 */
export async function suspendOfFormerIssuers({
  database,
  clock,
  providers,
}: {
  database: Database;
  clock: Clock;
  providers: readonly IdentityProvider[];
}): Promise<void> {
  const issuers = providers.filter(({ key }) => key === 'oidc').map(({ issuer }) => issuer);
  while (await suspendSome()) {
    // Requests have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** `false`: there are none left. */
  async function suspendSome(): Promise<boolean> {
    // Nearly always nobody, for whom no other write shall have to wait.
    if ((await database.organizations.ofSource.notLinkedTo(issuers, source, 1)).length === 0) return false;
    return await database.transaction(async (repositories) => {
      const found = await repositories.organizations.ofSource.notLinkedTo(issuers, source, chunkSize);
      const users = await repositories.users.findByIds([...new Set(found.map(({ userId }) => userId))]);
      for (const user of users) {
        const identities = await repositories.identities.ofUser(user.id);
        const former = identities.filter(({ issuer }) => isFormer(issuer)).map(({ issuer }) => issuer);
        const cause =
          former.length === 0
            ? 'linked to no provider that the server is set up for'
            : `the server is not set up for ${former.join(', ')} any more`;
        for (const current of found.filter(({ userId }) => userId === user.id)) {
          const { organizationId, role } = current;
          const wanted = { role, isSuspended: true };
          const change = { user, organizationId, source, current, wanted, initiator: byConfiguration, cause } as const;
          await settleMembership(change, { repositories, clock });
        }
      }
      return found.length === chunkSize;
    });
  }

  function isFormer(issuer: string): boolean {
    return providers.every((provider) => provider.issuer !== issuer);
  }
}

const byConfiguration: Initiator = {
  actor: { kind: 'operator', id: null, name: 'nxkey-server start' },
  ipAddress: null,
  requestId: null,
};
