import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { CiAccessLevel } from '../../src/protocol/wire-types.js';
import { newPerson } from './person.js';
import { programs, run } from './programs.js';
import type { TestServer } from './server.js';

/** A new CI access token of the server's workspace. */
export async function ciToken(server: TestServer, access: CiAccessLevel, name: string = access): Promise<string> {
  const args = ['ci-token', 'create', '--workspace', server.nxCloudId, '--name', name, '--access', access];
  return (await server.operate(args, { printsToken: true })).trim();
}

/** Somebody else in the organization, and their removal by its owner. */
export interface Member {
  token: string;
  remove: () => Promise<void>;
}

export async function newMember(server: TestServer): Promise<Member> {
  const email = `${randomUUID()}@acme.example`;
  await server.operate(['user', 'add', '--email', email, '--name', 'Bob', '--org', 'acme'], { printsToken: true });
  return { token: await server.createPat(email), remove: () => removeMember(server, email) };
}

/** By the organization's owner, with the CLI. */
async function removeMember(server: TestServer, email: string): Promise<void> {
  const owner = newPerson({ NX_CLOUD_API: server.url, NX_CLOUD_PERSONAL_ACCESS_TOKEN: await server.createPat() });
  const args = ['member', 'remove', email, '--org', 'acme', '--yes'];
  const { code, stderr } = await run(programs.nxkey, args, { env: owner.env });
  expect(code, stderr).toBe(0);
}
