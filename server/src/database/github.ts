import type { Kysely } from 'kysely';
import type { GithubRepository } from '../domain/github/repository.js';
import type { Tables } from './schema.js';

export function createGithubRepository(db: Kysely<Tables>): GithubRepository {
  return {
    async removeDeliveriesBefore(before) {
      await db.deleteFrom('githubDeliveries').where('receivedAt', '<', before).execute();
    },
  };
}
