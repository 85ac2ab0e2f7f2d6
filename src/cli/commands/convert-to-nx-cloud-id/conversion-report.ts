import { relative } from 'node:path';
import type { AccessToken } from '../../../nx-workspace/access-tokens.js';
import type { Replacement } from '../../../nx-workspace/rewrite.js';
import { maskToken } from '../../../protocol/tokens.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';
import { putIdIntoNxJson } from '../../missing-nx-cloud-id.js';
import type { ConvertFlags } from './command.js';

/** What `--json` prints. */
export interface ConversionReport {
  /** Absolute path of the workspace's root. */
  workspace: string;
  /** Absolute path of its nx.json. */
  nxJson: string;
  status: 'converted' | 'would-convert' | 'already-converted' | 'no-token';
  /** The ids that were put in; of a workspace that is converted already, the one it has. Without repetition. */
  nxCloudIds: string[];
  /** In the order of the file as it was before. Line and column count from 1, columns in UTF-16 units. */
  tokens: {
    /** Property names from the root to the token. */
    path: readonly string[];
    line: number;
    column: number;
    kind: AccessToken['kind'];
    nxCloudId: string;
    masked: string;
  }[];
  /** Sentences for people, in the order in which to act. */
  nextSteps: string[];
}

/** What came of it; `presentId` is the id that a converted workspace has. */
export function outcomeOf(
  replacements: readonly Replacement[],
  presentId: string | undefined,
  dryRun: boolean,
): Pick<ConversionReport, 'status' | 'nxCloudIds' | 'tokens'> {
  if (replacements.length > 0) {
    const nxCloudIds = [...new Set(replacements.map(({ nxCloudId }) => nxCloudId))];
    return { status: dryRun ? 'would-convert' : 'converted', nxCloudIds, tokens: replacements.map(describeToken) };
  }
  if (presentId !== undefined) return { status: 'already-converted', nxCloudIds: [presentId], tokens: [] };
  return { status: 'no-token', nxCloudIds: [], tokens: [] };
}

function describeToken({ accessToken, nxCloudId }: Replacement): ConversionReport['tokens'][number] {
  const { path, line, column, kind, token } = accessToken;
  return { path, line, column, kind, nxCloudId, masked: maskToken(token) };
}

/** The report in words. */
export function tellPeople(report: ConversionReport, flags: ConvertFlags, { io, cwd }: Dependencies): void {
  const nxJson = relative(cwd, report.nxJson);
  switch (report.status) {
    case 'would-convert':
      tell(io, `${nxJson} was not changed (--dry-run).`);
      break;
    case 'converted':
      for (const { line, nxCloudId, masked } of report.tokens) {
        tell(io, `${nxJson}, line ${line}: the access token ${masked} is replaced by "nxCloudId": "${nxCloudId}".`);
      }
      break;
    case 'already-converted':
      tell(io, `${nxJson} already has its nxCloudId ${report.nxCloudIds.join()}; nothing to do.`);
      break;
    case 'no-token':
      tell(io, `${nxJson} has no access token; nothing to convert. To use a cache, ${putIdIntoNxJson}`);
      break;
  }
  if (report.status !== 'converted' && flags.tokenTo !== undefined) tell(io, `So ${flags.tokenTo} was not written.`);
  if (report.nextSteps.length === 0) return;
  tell(io);
  tell(io, io.style.bold(report.status === 'would-convert' ? 'Left to do after the conversion:' : 'Left to do:'));
  for (const [index, step] of report.nextSteps.entries()) tell(io, `  ${index + 1}. ${step}`);
}
