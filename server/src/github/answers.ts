import { z } from 'zod';
import { displayNameForm, emailForm } from '../domain/names.js';
import { unusable } from './failures.js';

/** The parts of GitHub's answers that are used. Ids become text, since they are only ever compared. */
const id = z.number().int().positive().safe().transform(String);
const login = z.string().regex(/^[\x21-\x7e]{1,100}$/);
const account = z.object({ id, login });

export const peopleAnswer = z
  .array(account)
  .max(100)
  .transform((people) => people.map((person) => ({ githubUserId: person.id, login: person.login })));

export const installationAnswer = z
  .object({ id, account, target_type: z.literal('Organization'), suspended_at: z.string().nullable() })
  .transform((installation) => ({
    installationId: installation.id,
    isSuspended: installation.suspended_at !== null,
    organization: { githubOrganizationId: installation.account.id, login: installation.account.login },
  }));

export const membershipAnswer = z
  .object({ state: z.enum(['active', 'pending']), role: z.string(), user: account, organization: account })
  .transform(({ state, role, user, organization }) => ({
    isActive: state === 'active',
    isAdmin: role === 'admin',
    user,
    organization,
  }));

export const teamMembershipAnswer = z
  .object({ state: z.enum(['active', 'pending']) })
  .transform(({ state }) => ({ isActive: state === 'active' }));

export const teamAnswer = z
  .object({ id, slug: z.string().regex(/^[\x21-\x7e]{1,255}$/), organization: account })
  .transform((team) => ({ teamId: team.id, slug: team.slug, githubOrganizationId: team.organization.id }));

export const appAnswer = z.object({ html_url: z.url({ protocol: /^https?$/ }) });

export const accountAnswer = account;

export const userAnswer = z.object({ id, login, name: z.string().nullish() }).transform((user) => {
  const name = user.name?.trim() ?? '';
  return { githubUserId: user.id, login: user.login, name: displayNameForm.matches(name) ? name : user.login };
});

export const emailsAnswer = z
  .array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))
  .transform((emails) => emails.filter(({ email, verified }) => verified && emailForm.matches(email)));

/** What was kept of an earlier answer, maybe by another version. */
export const rememberedAnswer = z.object({
  etag: z.string().regex(/^(W\/)?"[\x21\x23-\x7e]{1,200}"$/),
  people: z.array(z.object({ githubUserId: z.string().regex(/^[1-9]\d*$/), login })).max(100),
  hasNext: z.boolean(),
});

/** @throws {GithubUnavailable} when it has not the shape that GitHub gives it */
export function narrow<T>(schema: z.ZodType<T>, data: unknown, asked: { github: string; what: string }): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  throw unusable(asked, `${where} is not what it should be`);
}
