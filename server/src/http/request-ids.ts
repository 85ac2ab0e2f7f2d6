import { randomBytes } from 'node:crypto';

/** Ids for the log and `x-request-id`: unique among all that any server ever gave, and cheaper than a random one each. */
export function createRequestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
