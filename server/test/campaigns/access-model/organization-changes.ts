import fc from 'fast-check';
import { paths } from '../../../../src/protocol/paths.js';
import type { Role } from '../../../../src/protocol/wire-types.js';
import type { AccessSettings } from '../../../src/domain/model.js';
import { administer, ways, type Change, type Way } from './changes.js';
import { tokenAt, type RealWorld } from './real-world.js';
import {
  organizationNames,
  personalTokenState,
  personNames,
  workspaceNames,
  type OrganizationName,
  type PersonName,
  type World,
  type WorkspaceName,
} from './world.js';

const roles = ['owner', 'admin', 'member'] as const;
const organization = fc.constantFrom(...organizationNames);
/** Everybody but the owner for good. */
const person = fc.constantFrom(...personNames.slice(1));
const role = fc.constantFrom(...roles);
const way = fc.constantFrom(...ways);

/** Memberships and settings of workspaces. */
export function anyOrganizationChange(): fc.Arbitrary<Change> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(organization, person, role, way).map((parts) => join(...parts)) },
    { weight: 1, arbitrary: fc.tuple(organization, person, role, way).map((parts) => changeRole(...parts)) },
    { weight: 2, arbitrary: fc.tuple(organization, person, way).map((parts) => remove(...parts)) },
    { weight: 1, arbitrary: fc.tuple(organization, fc.nat({ max: 7 })).map((parts) => leave(...parts)) },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom(...workspaceNames), anySettings(), way).map((parts) => set(...parts)),
    },
  );
}

function anySettings(): fc.Arbitrary<AccessSettings> {
  return fc.record({
    patOptIn: fc.constantFrom(true, true, true, false),
    anonymousLevel: fc.constantFrom('none', 'read-only', 'read-write'),
    patLevel: fc.constantFrom('read-only', 'read-write'),
  });
}

export function join(organization: OrganizationName, person: PersonName, role: Role, way: Way): Change {
  return {
    what: `${person} joins ${organization} as ${role} ${way}`,
    possible: (world) => !world.organizations[organization].has(person),
    async make(world, real) {
      const { email } = real.people[person];
      if (way === 'over REST') await administer(real, 'POST', paths.members(organization), { email, role });
      else {
        const membership = {
          ...keyOf(real, organization, person),
          role,
          source: 'manual',
          createdAt: world.now,
        } as const;
        await real.otherProcess.insertInto('memberships').values(membership).execute();
      }
      return ({ organizations }) => void organizations[organization].set(person, role);
    },
  };
}

function changeRole(organization: OrganizationName, person: PersonName, role: Role, way: Way): Change {
  return {
    what: `${person} becomes ${role} of ${organization} ${way}`,
    possible: (world) => world.organizations[organization].has(person),
    async make(_world, real) {
      const { userId, organizationId } = keyOf(real, organization, person);
      if (way === 'over REST') await administer(real, 'PATCH', paths.member(organization, userId), { role });
      else {
        await real.otherProcess
          .updateTable('memberships')
          .set({ role })
          .where('userId', '=', userId)
          .where('organizationId', '=', organizationId)
          .execute();
      }
      return ({ organizations }) => void organizations[organization].set(person, role);
    },
  };
}

function remove(organization: OrganizationName, person: PersonName, way: Way): Change {
  return {
    what: `${person} is removed from ${organization} ${way}`,
    possible: (world) => world.organizations[organization].has(person),
    async make(_world, real) {
      const { userId, organizationId } = keyOf(real, organization, person);
      if (way === 'over REST') await administer(real, 'DELETE', paths.member(organization, userId));
      else {
        await real.otherProcess
          .deleteFrom('memberships')
          .where('userId', '=', userId)
          .where('organizationId', '=', organizationId)
          .execute();
      }
      return ({ organizations }) => void organizations[organization].delete(person);
    },
  };
}

/** With the very token that loses the organization by it. */
function leave(organization: OrganizationName, token: number): Change {
  const leaver = (world: World) => {
    const found = world.personalTokens[token];
    if (found === undefined || found.person === 'ada' || personalTokenState(world, found) !== 'valid') return undefined;
    return world.organizations[organization].has(found.person) ? found.person : undefined;
  };
  return {
    what: `the person of token #${token} leaves ${organization}`,
    possible: (world) => leaver(world) !== undefined,
    async make(world, real) {
      const person = leaver(world);
      if (person === undefined) throw new Error('nobody to leave');
      const { userId } = keyOf(real, organization, person);
      const secret = tokenAt(real.personalTokens, token).secret;
      await administer(real, 'DELETE', paths.member(organization, userId), undefined, secret);
      return ({ organizations }) => void organizations[organization].delete(person);
    },
  };
}

function set(workspace: WorkspaceName, settings: AccessSettings, way: Way): Change {
  const { patOptIn, anonymousLevel, patLevel } = settings;
  return {
    what: `${workspace} is set to opt-in ${patOptIn}, anonymous ${anonymousLevel}, people ${patLevel} ${way}`,
    possible: () => true,
    async make(_world, real) {
      const { id, nxCloudId } = real.workspaces[workspace];
      if (way === 'over REST') await administer(real, 'PATCH', paths.workspace(nxCloudId), settings);
      else {
        const row = { ...settings, patOptIn: patOptIn ? 1 : 0 } as const;
        await real.otherProcess.updateTable('workspaces').set(row).where('id', '=', id).execute();
      }
      return ({ workspaces }) => void (workspaces[workspace].settings = settings);
    },
  };
}

function keyOf(real: RealWorld, organization: OrganizationName, person: PersonName) {
  return { userId: real.people[person].id, organizationId: real.organizationIds[organization] };
}
