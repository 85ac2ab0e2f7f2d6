import type { Database } from '../repositories.js';
import { GithubUnavailable, type GithubPerson } from './gateway.js';
import { inParallel } from './in-parallel.js';
import { organizationRef } from './installation.js';
import type { GithubCheck, GithubConnection } from './model.js';
import { applyObservations, type GithubContext, type Observation } from './observations.js';

const [firstDelayMs, longestDelayMs] = [5_000, 10 * 60_000];
const [batchSize, atOnce] = [50, 4];

/** Asks GitHub about everybody whose check is due, until there is nobody left. */
export async function runChecks(context: GithubContext): Promise<void> {
  const { database, clock, gateway } = context;
  // Whoever did not answer about one person is not asked about the next.
  const unavailable = new Map<string, GithubUnavailable>();
  for (;;) {
    const due = await database.github.dueChecks(gateway.issuer, clock(), batchSize);
    await inParallel(due, atOnce, (check) => runCheck(check, unavailable, context));
    if (due.length < batchSize) return;
  }
}

async function runCheck(
  check: GithubCheck,
  unavailable: Map<string, GithubUnavailable>,
  context: GithubContext,
): Promise<void> {
  const { database, clock } = context;
  const connection = await database.github.connection(check.organizationId);
  if (connection === null) return;
  const failure = unavailable.get(check.organizationId);
  try {
    if (failure !== undefined) throw failure;
    const observation = await ask(connection, check, context);
    await database.transaction(async (repositories) => {
      await applyObservations(repositories, connection, [observation], check.cause, context);
      await repositories.github.removeCheck(check);
    });
  } catch (error) {
    if (!(error instanceof GithubUnavailable)) throw error;
    const delayMs = Math.min(firstDelayMs * 2 ** check.attempts, longestDelayMs);
    await database.github.postponeCheck(check, clock() + Math.max(delayMs, error.retryAfterMs ?? 0));
    if (failure !== undefined) return;
    unavailable.set(check.organizationId, error);
    await recordProblem(connection, error, context);
  }
}

/** @throws {GithubUnavailable} */
export async function ask(
  connection: GithubConnection,
  person: GithubPerson,
  { database, gateway, stamps }: GithubContext,
): Promise<Observation> {
  const { organizationId } = connection;
  const { githubUserId } = person;
  const [known, teamRoles] = [
    await database.github.members.find(organizationId, githubUserId),
    await database.github.teamRoles(organizationId),
  ];
  const observedAt = stamps.next(Math.max(known?.observedAt ?? 0, connection.confirmedAt ?? 0));
  const organization = organizationRef(connection);
  // Whoever repeats an old webhook repeats an old name.
  const login = known?.login ?? person.login;
  const membership = await gateway.membership(organization, { login, githubUserId });
  if (membership === null) return { githubUserId, login, state: null, observedAt };
  const teams = new Map<string, boolean>();
  for (const { teamId } of teamRoles) {
    teams.set(teamId, await gateway.isTeamMember(organization, teamId, { login, githubUserId }));
  }
  return { githubUserId, login, state: { ...membership, teams }, observedAt };
}

export async function recordProblem(
  { organizationId }: Pick<GithubConnection, 'organizationId'>,
  { message }: GithubUnavailable,
  { database, clock }: { database: Pick<Database, 'github'>; clock: () => number },
): Promise<void> {
  await database.github.recordProblem(organizationId, message, clock());
}
