/**
 * `npm run bench:nx-client`: what the client program costs a run of real Nx, beside the same Nx without a remote cache
 * and beside Nx's own built-in cache client on the same server with the same artifacts.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paths } from '../src/protocol/paths.js';
import { median, report } from './measure.js';
import { makeNxWorkspace } from './nx-client/nx-workspace.js';
import { createCiToken, startNxkeyServer } from './support/nxkey-server.js';

const rounds = 9;
const tasks = 200;
const outputBytes = 50 * 1024;

const archive = await stat(fileURLToPath(new URL('../server/dist/nx-client.tar.gz', import.meta.url)));
const megabytes = archive.size / 1e6;
report('the archive that Nx downloads, in MB', megabytes.toFixed(2), megabytes, { atMost: 3 });

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const server = await startNxkeyServer(join(folder, 'data'));
try {
  const { url: nxCloudUrl, nxCloudId } = server;
  const workspace = await makeNxWorkspace(join(folder, 'repository'), { nxCloudUrl, nxCloudId, tasks, outputBytes });
  const token = await createCiToken(server, 'read-write');
  const withProgram = { NX_CLOUD_ACCESS_TOKEN: token };
  const withoutCache = { NX_NO_CLOUD: 'true' };
  const withBuiltIn = {
    NX_NO_CLOUD: 'true',
    NX_SELF_HOSTED_REMOTE_CACHE_SERVER: nxCloudUrl + paths.remoteCache(nxCloudId),
    NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
  };
  console.log(
    `\nNx ${workspace.nxVersion} without its daemon, ${tasks} tasks of ${outputBytes / 1024} KiB each, medians of ` +
      `${rounds} rounds in turn:\n`,
  );

  // Downloads the program, and fills both caches.
  await workspace.build(withProgram, { runs: tasks });

  const warm = { program: [] as number[], local: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    warm.local.push(await workspace.build(withoutCache, { runs: 0 }));
    warm.program.push(await workspace.build(withProgram, { runs: 0 }));
  }
  const added = median(warm.program) - median(warm.local);
  const ofWarm = `+${added.toFixed(0)} ms on ${median(warm.local).toFixed(0)} ms`;
  report('nothing to do, everything in the local cache', ofWarm, added, { atMost: 100 });

  const cold = { program: [] as number[], builtIn: [] as number[], local: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await workspace.clean();
    cold.local.push(await workspace.build(withoutCache, { runs: 0 }));
    await workspace.forget();
    cold.builtIn.push(await workspace.build(withBuiltIn, { runs: 0 }));
    await workspace.forget();
    cold.program.push(await workspace.build(withProgram, { runs: 0 }));
  }
  const mine = median(cold.program);
  const compared = (what: string, other: number, atMost: number) => {
    const ratio = mine / other;
    report(what, `${mine.toFixed(0)} ms = ${ratio.toFixed(2)} x ${other.toFixed(0)} ms`, ratio, { atMost });
  };
  compared('all from the remote cache, beside the built-in', median(cold.builtIn), 1.1);
  compared('the same, beside a warm local cache', median(cold.local), 2);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
