import type { Role } from '../../../src/protocol/wire-types.js';
import { signInVia } from './at-provider.js';
import { identityProviderOf, prepareOidcProvider, type TestOidcProvider } from './oidc-provider.js';
import { Person } from './person.js';
import { startTestServer, type TestServer } from './test-server.js';

export interface SignedInByGroups {
  oidc: TestOidcProvider;
  server: TestServer;
  /** Grace's browser. */
  person: Person;
  close(): Promise<void>;
}

/** Of Grace, as the provider describes her; `grace-1` there. */
export const grace = { email: 'grace@acme.example', email_verified: true, name: 'Grace Hopper' };

/** A server and its identity provider, at which Grace is in a group that has this role in `acme`. She has signed in. */
export async function signedInByGroups({ group, role }: { group: string; role: Role }): Promise<SignedInByGroups> {
  const oidc = await prepareOidcProvider({ groupRoles: [{ group, organizationSlug: 'acme', role }] });
  const server = await startTestServer({ identityProviders: [identityProviderOf(oidc)] });
  await oidc.open(`${server.url}/sign-in/oidc/callback`);
  oidc.accounts.set('grace-1', { ...grace, groups: [group] });
  oidc.person = 'grace-1';
  const person = new Person(server.url);
  await signInVia(person, 'oidc');
  return {
    ...{ oidc, server, person },
    async close() {
      await server.close();
      await oidc.close();
    },
  };
}
