import type { Organization } from './model.js';
import type { Database } from './repositories.js';

/** For whoever remains, and for the operator. */
export function withoutOwner({ slug }: Pick<Organization, 'slug'>): string {
  return (
    `${slug} has no owner, so that nobody can make owners, or change its connection to GitHub. The operator of this ` +
    'server gives it one: nxkey-server member role --data <folder> ' +
    `--org ${slug} --email <address> --role owner, or nxkey-server user add for somebody who is no member.`
  );
}

export interface OwnerWatch {
  /** Tells of each organization that nobody owns, once until it has had an owner again. */
  run(): Promise<void>;
}

/** Looks at what is so, and not at what has happened: after a restart the operator is told again. */
export function createOwnerWatch(
  { organizations }: Pick<Database, 'organizations'>,
  warn: (message: string) => void,
): OwnerWatch {
  let told = new Set<string>();
  return {
    async run() {
      const found = await organizations.withoutOwner();
      for (const organization of found) if (!told.has(organization.id)) warn(withoutOwner(organization));
      told = new Set(found.map(({ id }) => id));
    },
  };
}
