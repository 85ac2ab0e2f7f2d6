import { createHash } from 'node:crypto';
import { Cancelled, UserError } from '../../errors.js';
import type { CiAccessTokenInfo, CreatedCiAccessToken } from '../../protocol/wire-types.js';
import type { AdministrationClient } from '../../rest-client/administration-client.js';
import type { Rotation } from './create-rotator.js';
import { planRotation, type Secret } from './plan-rotation.js';

export interface RotationTask {
  client: AdministrationClient;
  nxCloudId: string;
  /** The tokens that the repository commits. */
  committed: readonly string[];
  /** `owner/name`; each repository gets tokens of its own, also of a workspace that it shares. */
  repository: string | undefined;
  /** Told, before anything is made, which other repositories have got tokens of the workspace. @throws to leave it at that */
  refuse: (handedTo: readonly string[]) => void;
  /** Beside the token for protected branches, one for pull requests. */
  readOnlyToo: boolean;
  /** Seconds that the committed tokens go on working. */
  graceSeconds: number;
  /** Puts a new token where CI finds it. @throws when it did not */
  deliver: (token: string, secret: Secret) => Promise<void>;
}

/**
 * New tokens for a repository's CI, then an end for the committed ones. In this order, so that CI has at every moment a
 * token that works: a new one is made, handed over, and given its lasting name; then what it replaces gets its end. A
 * run that is killed anywhere is completed by the next one, and one that was completed is recognized.
 *
 * @throws {UserError} when a token could not be made or handed over; the committed ones are then as they were
 */
export async function rotateCommittedTokens(task: RotationTask): Promise<Rotation> {
  const { client, nxCloudId, graceSeconds } = task;
  // Only admins may see this list, so that nothing is made for somebody who could not end the old one.
  const { missing, committed, leftOver, handedToOthers } = planRotation({
    ...task,
    tokens: await client.ciTokens(nxCloudId),
    committed: task.committed.map((token) => ({ token, sha256: sha256(token) })),
  });

  task.refuse(handedToOthers);

  const handedOver: Rotation['handedOver'] = [];
  for (const secret of missing) {
    const { id } = await handOver(secret, task);
    handedOver.push({ name: secret.name, accessLevel: secret.accessLevel, id });
  }

  const end = ({ id }: CiAccessTokenInfo) => client.changeCiToken(nxCloudId, id, { graceSeconds });
  for (const token of leftOver) await end(token);
  const ended = [];
  for (const token of committed) ended.push(await end(token));

  const nothingDone =
    missing.length + leftOver.length === 0 && ended.every(({ expiresAt }, i) => expiresAt === committed[i]?.expiresAt);
  return {
    status: nothingDone ? 'already-rotated' : 'rotated',
    handedOver,
    ended: ended.map(({ id, name, expiresAt }) => ({ id, name, expiresAt })),
  };
}

async function handOver(secret: Secret, { client, nxCloudId, deliver }: RotationTask): Promise<CiAccessTokenInfo> {
  const { tokenName, pendingName, accessLevel } = secret;
  const created = await client.createCiToken(nxCloudId, { name: pendingName, accessLevel });
  try {
    await deliver(created.token, secret);
  } catch (error) {
    // Nobody waits for an answer any more; the next run finds the token by its name.
    if (error instanceof Cancelled) throw error;
    throw await takenBack(created, error, { client, nxCloudId });
  }
  return await client.changeCiToken(nxCloudId, created.info.id, { name: tokenName });
}

/** The error of a token that was not handed over, once nobody can use that token. */
async function takenBack(
  { info }: CreatedCiAccessToken,
  cause: unknown,
  { client, nxCloudId }: Pick<RotationTask, 'client' | 'nxCloudId'>,
): Promise<unknown> {
  let outcome = 'The new token has been revoked again, and the committed one is as it was.';
  let byHand: string | undefined;
  try {
    await client.revokeCiToken(nxCloudId, info.id);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    outcome = `The committed token is as it was. The new one could not be revoked: ${error.message}`;
    byHand = `Revoke it:  npx nxkey ci-token revoke ${info.id} --workspace ${nxCloudId}`;
  }
  if (!(cause instanceof UserError)) return cause;
  const remedy = [cause.remedy, byHand].filter((text) => text !== undefined).join('\n');
  return new UserError(`${cause.message} ${outcome}`, { ...(remedy !== '' && { remedy }), cause });
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
