import { unlink } from 'node:fs/promises';
import { UsageError, UserError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-write.js';
import { createPrivateFile } from '../files/create-private-file.js';
import { differentTokens, severalTokens } from './ids.js';
import type { ConversionPlan, FileChange } from './plan.js';
import type { ConversionReport } from './report.js';

/** Where the one token of a workspace is written, for its owner only. */
export type TokenFile = string;

/**
 * Writes what was planned.
 * @throws {UserError} when a file cannot be written, or is not any more what the plan was made for; those written before
 *   it are then as they were
 */
export async function applyConversion(
  { changes, tokens, report }: ConversionPlan,
  tokenFile?: TokenFile,
): Promise<ConversionReport> {
  if (changes.length === 0) return report;
  const token = tokens[0]?.accessToken.token;
  // The token's file first: once nx.json is converted, the token would be nowhere else in the work tree.
  const handsOver = tokenFile !== undefined && token !== undefined;
  if (handsOver) await createPrivateFile(tokenFile, `${token}\n`);
  try {
    await writeAll(changes);
  } catch (error) {
    if (handsOver) await unlink(tokenFile).catch(() => undefined);
    throw error;
  }
  return { ...report, status: 'converted' };
}

/** `--token-to` takes one token. @throws {UsageError} */
export function refuseSeveralTokens({ tokens }: Pick<ConversionPlan, 'tokens'>): void {
  if (differentTokens(tokens) <= 1) return;
  throw new UsageError(`nx.json has ${severalTokens(tokens)}, and --token-to takes one.`, {
    remedy: 'Leave --token-to out, and copy the tokens into the secrets of your CI before.',
  });
}

async function writeAll(changes: readonly FileChange[]): Promise<void> {
  const written: FileChange[] = [];
  for (const change of changes) {
    try {
      await writeFileAtomically(change.path, change.after, { expected: change.before });
    } catch (error) {
      await takeBack(written, error);
      throw error;
    }
    written.push(change);
  }
}

async function takeBack(written: readonly FileChange[], cause: unknown): Promise<void> {
  for (const { path, before, after } of written.toReversed()) {
    await writeFileAtomically(path, before, { expected: Buffer.from(after) }).catch(() => {
      const reason = cause instanceof Error ? `${cause.message} ` : '';
      throw new UserError(`${reason}Before that ${path} was changed, and could not be changed back.`, {
        remedy: 'Run the command again to complete the conversion, or take the change back by hand.',
        cause,
      });
    });
  }
}
