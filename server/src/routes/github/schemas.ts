import { z } from '@hono/zod-openapi';
import {
  githubInstallationStates,
  type GithubConnectionChange,
  type GithubConnectionInfo,
  type GithubInfo,
  type GithubTeamInfo,
  type NewGithubConnection,
  type RemovalsConfirmation,
  type RemovalsConfirmed,
} from '../../../../src/protocol/github-wire-types.js';
import { githubOrganizationForm, githubTeamForm, maxMappedTeams } from '../../domain/github/names.js';
import { fields, givenRole, named } from '../administration-schemas.js';
import { problem, refusals, role, timestamp, warnings } from '../schemas.js';

/** The wire types about connections to GitHub, as the OpenAPI document shows them. */

const connectionSchema = z
  .object({
    login: z.string(),
    url: z.string(),
    installation: z.enum(githubInstallationStates),
    adminRole: role.openapi({ description: "What the GitHub organization's owners are here." }),
    teams: z.array(z.object({ slug: z.string(), role })),
    members: z.object({ present: z.int(), withAccount: z.int(), suspended: z.int(), held: z.int() }),
    connectedAt: timestamp,
    confirmedAt: timestamp.nullable().openapi({ description: 'When GitHub last said who all the members are.' }),
    problem: z.object({ message: z.string(), at: timestamp }).nullable(),
    held: z
      .object({
        since: timestamp,
        people: z.array(z.object({ login: z.string(), email: z.string().nullable() })),
      })
      .nullable()
      .openapi({ description: 'Removals that wait for an owner.' }),
    warnings,
  })
  .openapi('GithubConnection') satisfies z.ZodType<GithubConnectionInfo>;

const team = fields({ slug: named(githubTeamForm), role: givenRole }) satisfies z.ZodType<GithubTeamInfo>;

const teams = z
  .array(team, 'has to be a list of {"slug": "…", "role": "…"}')
  .max(maxMappedTeams, `has to have at most ${maxMappedTeams} teams`)
  .refine(
    (given) => new Set(given.map(({ slug }) => slug.toLowerCase())).size === given.length,
    'names a team more than once',
  );

export const githubSchemas = {
  info: z.object({ connection: connectionSchema.nullable() }).openapi('Github') satisfies z.ZodType<GithubInfo>,
  connection: connectionSchema,
  newConnection: fields({
    login: named(githubOrganizationForm),
    adminRole: givenRole.optional(),
    teams: teams.optional(),
  }).openapi('NewGithubConnection') satisfies z.ZodType<NewGithubConnection>,
  connectionChange: fields({ adminRole: givenRole.optional(), teams: teams.optional() }).openapi(
    'GithubConnectionChange',
  ) satisfies z.ZodType<GithubConnectionChange>,
  removalsConfirmation: fields({
    heldAt: z.iso.datetime({ error: 'has to be "held.since" of the connection' }),
  }).openapi('RemovalsConfirmation') satisfies z.ZodType<RemovalsConfirmation>,
  removalsConfirmed: z.object({ removed: z.int() }).openapi('RemovalsConfirmed') satisfies z.ZodType<RemovalsConfirmed>,
};

/** What each of these routes may answer. */
export const githubRefusals = {
  ...refusals,
  409: problem('The server has no GitHub App, or things are not such that this can be done'),
};
