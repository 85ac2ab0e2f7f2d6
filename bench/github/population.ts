import type {
  DoubleInstallation,
  DoubleOrganization,
  DoubleUser,
  GithubWorld,
} from '../../server/test/support/github/world.js';

export interface Population {
  organization: DoubleOrganization;
  installation: DoubleInstallation;
  /** Those with the role `admin` first. */
  people: DoubleUser[];
}

export interface PopulationSize {
  admins: number;
  members: number;
}

/** An organization, its members and the App in it: the same ids in every process that makes them. */
export function populate(world: GithubWorld, { admins, members }: PopulationSize): Population {
  const organization = world.addOrganization({ login: 'acme', members: admins + members });
  const people = [...organization.members.values()].map(({ user }) => user);
  for (const user of people.slice(0, admins)) world.addMember(organization, user, { role: 'admin' });
  return { organization, installation: world.install(organization), people };
}
