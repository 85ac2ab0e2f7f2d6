import { GithubUnavailable } from '../domain/github/gateway.js';
import { normalizeEmail } from '../domain/names.js';
import { emailsAnswer, userAnswer } from './answers.js';
import { createGithubClient, type GithubClientOptions } from './client.js';
import { createGithubReader, type GithubReader } from './reader.js';

export interface SignedInGithubUser {
  githubUserId: string;
  login: string;
  /** The login of somebody who has not given any other name. */
  name: string;
  /** The primary one where that is verified; `null` for none, and where the App may not see addresses. */
  verifiedEmail: string | null;
}

/** @throws {GithubUnavailable} when GitHub does not say */
export type SignedInUserLookup = (accessToken: string) => Promise<SignedInGithubUser>;

/**
 * Tells who has signed in by the user access token of the person (GitHub's OAuth).
 * @throws {UsageError} when the App's id or key cannot be one
 */
export function createSignedInUserLookup(options: GithubClientOptions): SignedInUserLookup {
  const reader = createGithubReader(createGithubClient(options));
  return (accessToken) => readSignedInUser(reader, accessToken);
}

async function readSignedInUser(reader: GithubReader, accessToken: string): Promise<SignedInGithubUser> {
  const what = 'who has signed in';
  const user = await reader.asUser(accessToken, { route: 'GET /user', what }, userAnswer);
  if (user === null) throw new GithubUnavailable(`${reader.name} was asked for ${what}: it does not know.`);
  const emails = await readVerifiedEmails(reader, accessToken);
  const email = emails.find(({ primary }) => primary) ?? emails[0];
  return { ...user, verifiedEmail: email === undefined ? null : normalizeEmail(email.email) };
}

async function readVerifiedEmails(reader: GithubReader, accessToken: string) {
  const question = {
    route: 'GET /user/emails',
    parameters: { per_page: 100 },
    what: 'the addresses of the one who has signed in',
  };
  try {
    return (await reader.asUser(accessToken, question, emailsAnswer)) ?? [];
  } catch (error) {
    // The App need not have the right to see them.
    if (error instanceof GithubUnavailable && error.isRefusal) return [];
    throw error;
  }
}
