import { relative } from 'node:path';
import type { ConversionReport } from '../../../conversion/report.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';
import { putIdIntoNxJson } from '../../missing-nx-cloud-id.js';
import type { ConvertFlags } from './command.js';

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
