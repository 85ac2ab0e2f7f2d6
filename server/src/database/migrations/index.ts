import type { Migration } from 'kysely';
import { up as initial } from './0001-initial.js';
import { up as cache } from './0002-cache.js';
import { up as unclaimedWorkspaces } from './0003-unclaimed-workspaces.js';
import { up as identitiesAndGithub } from './0004-identities-and-github.js';

/** In this order, and never changed once released: a change to the tables is a new migration at the end. */
export const migrations: Record<string, Migration> = {
  '0001-initial': { up: initial },
  '0002-cache': { up: cache },
  '0003-unclaimed-workspaces': { up: unclaimedWorkspaces },
  '0004-identities-and-github': { up: identitiesAndGithub },
};
