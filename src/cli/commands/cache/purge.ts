import type { CachePurge, CacheUsage } from '../../../protocol/wire-types.js';
import type { AdministrationClient } from '../../../rest-client/administration-client.js';
import { administrationOf, chosenWorkspace } from '../../administration.js';
import { confirm } from '../../confirm.js';
import type { Dependencies } from '../../dependencies.js';
import { counted, size } from '../../format.js';
import { printJson, tell } from '../../io.js';
import type { CachePurgeFlags, PurgeChoice } from './command.js';
import { findWriter, nameOf } from './writers.js';

export async function purgeCache(flags: CachePurgeFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const { purge, inWords } = await plan(flags.what, nxCloudId, client);
  await confirm(`${inWords} will be removed from the cache of ${nxCloudId} for good.`, flags, dependencies);
  const purged = await client.purgeCache(nxCloudId, purge);
  const nothing = purged.artifacts === 0 ? ' There was nothing of the kind.' : '';
  tell(io, `${io.style.green('✓')} Removed ${usage(purged)}.${nothing}`);
  if (flags.json) printJson(io, purged);
}

/** The request, and what it would remove by what is in the cache now. */
async function plan(
  what: PurgeChoice,
  nxCloudId: string,
  client: AdministrationClient,
): Promise<{ purge: CachePurge; inWords: string }> {
  if (what.kind === 'hash') {
    return { purge: { hash: what.hash }, inWords: `What is stored under the hash ${what.hash}` };
  }
  const stats = await client.cacheStats(nxCloudId);
  switch (what.kind) {
    case 'all':
      return { purge: { all: true }, inWords: `Everything (${usage(stats)})` };
    case 'isolated':
      return {
        purge: { scope: 'isolated' },
        inWords: `What was written with read-only CI access tokens (${usage(stats.scopes.isolated)})`,
      };
    case 'writer': {
      const found = findWriter(what.writer, stats.writers);
      const { kind, id } = found.writer;
      return { purge: { writer: { kind, id } }, inWords: `All that ${nameOf(found.writer)} wrote (${usage(found)})` };
    }
  }
}

function usage({ artifacts, bytes }: CacheUsage): string {
  return `${counted(artifacts, 'artifact')}, ${size(bytes)}`;
}
