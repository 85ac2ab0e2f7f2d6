import type { ZodType } from 'zod';
import { narrow } from './answers.js';
import type { Answer, GithubClient, Question } from './client.js';

/** Asks for one thing, and narrows the answer; `null` when GitHub has no such thing. */
export interface GithubReader {
  readonly name: string;
  asApp<T>(question: Question, schema: ZodType<T>): Promise<T | null>;
  asInstallation<T>(installationId: string, question: Question, schema: ZodType<T>): Promise<T | null>;
  asUser<T>(accessToken: string, question: Question, schema: ZodType<T>): Promise<T | null>;
}

export function createGithubReader(client: GithubClient): GithubReader {
  const read = async <T>(question: Question, schema: ZodType<T>, asked: Promise<Answer>): Promise<T | null> => {
    const answer = await asked;
    if (answer.kind !== 'content') return null;
    return narrow(schema, answer.data, { github: client.name, what: question.what });
  };
  return {
    name: client.name,
    asApp: (question, schema) => read(question, schema, client.asApp(question)),
    asInstallation: (installationId, question, schema) =>
      read(question, schema, client.asInstallation(installationId, question)),
    asUser: (accessToken, question, schema) => read(question, schema, client.asUser(accessToken, question)),
  };
}
