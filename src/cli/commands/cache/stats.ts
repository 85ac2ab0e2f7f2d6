import type { CacheUsage } from '../../../protocol/wire-types.js';
import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { counted, minute, minuteOr, size } from '../../format.js';
import { printJson, printResult, tell } from '../../io.js';
import { printFacts, printTable } from '../../table.js';
import type { CacheStatsFlags } from './command.js';
import { nameOf } from './writers.js';

export async function showCacheStats(flags: CacheStatsFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const stats = await client.cacheStats(nxCloudId);
  if (flags.json) {
    printJson(io, stats);
    return;
  }
  if (stats.artifacts === 0) {
    tell(
      io,
      'The cache is empty. CI fills it, with a read-write token:  npx nxkey ci-token create <name> --access read-write',
    );
    return;
  }
  printFacts(io, {
    cache: usage(stats),
    trusted: usage(stats.scopes.trusted),
    isolated: usage(stats.scopes.isolated),
    'oldest written': `${minuteOr('never', stats.oldestWrittenAt)} UTC`,
    'last used': `${minuteOr('never', stats.lastReadAt)} UTC`,
  });
  printResult(io, '');
  printTable(
    io,
    ['WRITER', 'KIND', 'ARTIFACTS', 'SIZE', 'LAST WRITTEN (UTC)'],
    stats.writers.map(({ writer, artifacts, bytes, lastWrittenAt }) => [
      nameOf(writer),
      writer.kind,
      String(artifacts),
      size(bytes),
      minute(lastWrittenAt),
    ]),
  );
}

function usage({ artifacts, bytes }: CacheUsage): string {
  return `${counted(artifacts, 'artifact')}, ${size(bytes)}`;
}
