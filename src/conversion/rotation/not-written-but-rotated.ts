import { UserError } from '../../errors.js';
import type { Rotation } from './create-rotator.js';

/**
 * The files could not be written or committed, and the tokens of their workspace are rotated already. Nobody would learn
 * of that otherwise, and one day the token that still stands in nx.json ends.
 */
export function notWrittenButRotated(cause: unknown, { ended }: Rotation, nxCloudId = '<nxCloudId>'): unknown {
  if (!(cause instanceof UserError)) return cause;
  const ends = ended.flatMap(({ expiresAt }) => expiresAt ?? []).sort();
  const [first] = ends;
  const over = ended.length > ends.length;
  const state = over ? 'has ended' : `ends at ${first?.slice(0, 16).replace('T', ' ') ?? 'no time that is known'} UTC`;
  const again = over
    ? `Then run the command again with the id, since the server does not know that token any more:  --nx-cloud-id ${nxCloudId}`
    : 'Run the command again before that.';
  return new UserError(
    `${cause.message} The files are as they were, but CI has got new tokens, and the committed token ${state}.`,
    { remedy: [cause.remedy, again].filter((text) => text !== undefined).join('\n'), cause },
  );
}
