import { z } from 'zod';
import type { GithubPerson } from './gateway.js';

/**
 * What a webhook says, as far as it is anybody's business here. Only the first three kinds take something away, and are
 * believed; the others are a reason to ask GitHub.
 */
export type GithubEvent =
  | { kind: 'left-organization'; organization: string; person: GithubPerson }
  | { kind: 'left-team'; organization: string; teamId: string; person: GithubPerson }
  | { kind: 'team-deleted'; organization: string; teamId: string }
  | { kind: 'installation-ended'; installationId: string; state: 'suspended' | 'removed' }
  | { kind: 'person-changed'; organization: string; person: GithubPerson }
  | { kind: 'team-renamed'; organization: string; teamId: string; slug: string }
  | { kind: 'organization-changed'; organization: string };

const id = z.number().int().positive().transform(String);
const organization = z.object({ id });
const person = z
  .object({ id, login: z.string().min(1).max(100) })
  .transform(({ id: githubUserId, login }) => ({ githubUserId, login }));
const team = z.object({ id });
const namedTeam = z.object({ id, slug: z.string().min(1).max(255) });

const membershipChange = z.object({
  action: z.enum(['member_added', 'member_removed']),
  membership: z.object({ user: person }),
  organization,
});
const organizationChange = z.object({ action: z.enum(['renamed', 'deleted']), organization });
const teamMembership = z.object({ action: z.enum(['added', 'removed']), member: person, team, organization });
const teamChange = z.object({ action: z.enum(['deleted', 'edited']), team: namedTeam, organization });
const installationChange = z.object({
  action: z.enum(['created', 'deleted', 'suspend', 'unsuspend']),
  installation: z.object({ id, account: organization }),
});

/** @returns `null` for what is not asked for here, or not of the shape that GitHub documents */
export function githubEvent(event: string, payload: unknown): GithubEvent | null {
  switch (event) {
    case 'organization':
      return organizationEvent(payload);
    case 'membership':
      return teamMembershipEvent(payload);
    case 'team':
      return teamEvent(payload);
    case 'installation':
      return installationEvent(payload);
    default:
      return null;
  }
}

function organizationEvent(payload: unknown): GithubEvent | null {
  const { data } = membershipChange.safeParse(payload);
  if (data !== undefined) {
    const kind = data.action === 'member_removed' ? 'left-organization' : 'person-changed';
    return { kind, organization: data.organization.id, person: data.membership.user };
  }
  const { data: change } = organizationChange.safeParse(payload);
  return change === undefined ? null : { kind: 'organization-changed', organization: change.organization.id };
}

function teamMembershipEvent(payload: unknown): GithubEvent | null {
  const { data } = teamMembership.safeParse(payload);
  if (data === undefined) return null;
  const { organization, member, team } = data;
  return data.action === 'removed'
    ? { kind: 'left-team', organization: organization.id, teamId: team.id, person: member }
    : { kind: 'person-changed', organization: organization.id, person: member };
}

function teamEvent(payload: unknown): GithubEvent | null {
  const { data } = teamChange.safeParse(payload);
  if (data === undefined) return null;
  const { organization, team } = data;
  return data.action === 'deleted'
    ? { kind: 'team-deleted', organization: organization.id, teamId: team.id }
    : { kind: 'team-renamed', organization: organization.id, teamId: team.id, slug: team.slug };
}

function installationEvent(payload: unknown): GithubEvent | null {
  const { data } = installationChange.safeParse(payload);
  if (data === undefined) return null;
  const { action, installation } = data;
  if (action === 'created' || action === 'unsuspend') {
    return { kind: 'organization-changed', organization: installation.account.id };
  }
  const state = action === 'deleted' ? 'removed' : 'suspended';
  return { kind: 'installation-ended', installationId: installation.id, state };
}
