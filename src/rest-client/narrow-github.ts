import {
  githubInstallationStates,
  type GithubConnectionInfo,
  type GithubInfo,
  type RemovalsConfirmed,
} from '../protocol/github-wire-types.js';
import { roles, webAddress } from './narrow-administration.js';
import { count, identifier, list, nullable, object, oneOf, text, timestamp } from './narrow.js';

/** What the API answers about connections to GitHub, field by field (src/protocol/wire-types.ts). */

export function githubInfo(body: unknown): GithubInfo {
  return { connection: nullable(object(body, 'the answer')['connection'], 'connection', githubConnectionInfo) };
}

export function githubConnectionInfo(value: unknown, at = 'the answer'): GithubConnectionInfo {
  const connection = object(value, at);
  const members = object(connection['members'], `${at}.members`);
  return {
    login: identifier(connection['login'], `${at}.login`, 100),
    url: webAddress(connection['url'], `${at}.url`),
    installation: oneOf(connection['installation'], `${at}.installation`, githubInstallationStates),
    adminRole: oneOf(connection['adminRole'], `${at}.adminRole`, roles),
    teams: list(connection['teams'], `${at}.teams`, (element, where) => {
      const team = object(element, where);
      return {
        slug: identifier(team['slug'], `${where}.slug`, 100),
        role: oneOf(team['role'], `${where}.role`, roles),
      };
    }),
    members: {
      present: count(members['present'], `${at}.members.present`),
      withAccount: count(members['withAccount'], `${at}.members.withAccount`),
      suspended: count(members['suspended'], `${at}.members.suspended`),
      held: count(members['held'], `${at}.members.held`),
    },
    connectedAt: timestamp(connection['connectedAt'], `${at}.connectedAt`),
    confirmedAt: nullable(connection['confirmedAt'], `${at}.confirmedAt`, timestamp),
    problem: nullable(connection['problem'], `${at}.problem`, (element, where) => {
      const problem = object(element, where);
      return { message: text(problem['message'], `${where}.message`), at: timestamp(problem['at'], `${where}.at`) };
    }),
    held: nullable(connection['held'], `${at}.held`, (element, where) => {
      const held = object(element, where);
      return {
        since: timestamp(held['since'], `${where}.since`),
        people: list(held['people'], `${where}.people`, heldPerson),
      };
    }),
    warnings: list(connection['warnings'], `${at}.warnings`, text),
  };
}

function heldPerson(value: unknown, at: string): { login: string; email: string | null } {
  const person = object(value, at);
  return { login: text(person['login'], `${at}.login`), email: nullable(person['email'], `${at}.email`, text) };
}

export function removalsConfirmed(body: unknown): RemovalsConfirmed {
  return { removed: count(object(body, 'the answer')['removed'], 'removed') };
}
