import { unlink } from 'node:fs/promises';
import { UsageError, UserError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-write.js';
import { createPrivateFile } from '../files/create-private-file.js';
import type { Listing } from '../files/look.js';
import { differentTokens, severalTokens } from './ids.js';
import type { ConversionPlan, FileChange } from './plan.js';

/** Takes back what was written, and says in the error that it throws when that cannot be done. */
export type Undo = (cause: unknown) => Promise<void>;

/**
 * Writes what was planned.
 * @param options.tokenFile a new file for the one token of the workspace, for its owner only
 * @throws {UserError} when a file cannot be written, or is not any more what the plan was made for; those written before
 *   it are then as they were
 */
export async function applyConversion(
  { changes, tokens }: ConversionPlan,
  { tokenFile, listing }: { tokenFile: string | undefined; listing: Listing },
): Promise<Undo> {
  const token = tokens[0]?.accessToken.token;
  const written: FileChange[] = [];
  const handsOver = tokenFile !== undefined && token !== undefined;
  // The token's file first: once nx.json is converted, the token would be nowhere else in the work tree.
  if (handsOver) await createPrivateFile(tokenFile, `${token}\n`);
  const undo: Undo = async (cause) => {
    if (handsOver) await unlink(tokenFile).catch(() => undefined);
    for (const change of written.toReversed()) await takeBack(change, cause);
  };
  try {
    for (const change of changes) {
      await writeFileAtomically(change.path, change.after, {
        expected: change.before,
        leftovers: listing,
        // No report line outlives a power cut that this does not, so that the next run does it again.
        flushFolder: false,
      });
      written.push(change);
    }
  } catch (error) {
    await undo(error);
    throw error;
  }
  return undo;
}

async function takeBack({ path, before, after }: FileChange, cause: unknown): Promise<void> {
  try {
    await writeFileAtomically(path, before, { expected: Buffer.from(after) });
  } catch {
    const reason = cause instanceof Error ? `${cause.message} ` : '';
    throw new UserError(`${reason}Before that ${path} was changed, and could not be changed back.`, {
      remedy: 'Run the command again to complete the conversion, or take the change back by hand.',
      cause,
    });
  }
}

/** `--token-to` takes one token. @throws {UsageError} */
export function refuseSeveralTokens({ tokens }: Pick<ConversionPlan, 'tokens'>): void {
  if (differentTokens(tokens) <= 1) return;
  throw new UsageError(`nx.json has ${severalTokens(tokens)}, and --token-to takes one.`, {
    remedy: 'Leave --token-to out, and copy the tokens into the secrets of your CI before.',
  });
}
