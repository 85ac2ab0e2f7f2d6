/**
 * `npm run bench:cache`: artifacts in and out over HTTP, with an access check on each request, beside the npm package
 * turborepo-remote-cache with local storage, and beside nginx serving the same files without any access check.
 * Needs wrk and nginx (Debian: wrk, nginx-light).
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '../src/protocol/paths.js';
import { startNginx } from './cache/nginx.js';
import { fill, measureReads, type ArtifactSet, type Rates } from './cache/reads.js';
import type { Subject } from './cache/subject.js';
import { installPeer, startPeer } from './cache/turborepo-remote-cache.js';
import { connections } from './cache/wrk.js';
import { measureWrites } from './cache/writes.js';
import { report } from './measure.js';
import { createCiToken, startNxkeyServer } from './support/nxkey-server.js';

const rounds = 5;
const seconds = 2;
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const small: ArtifactSet = { size: 4 * kibibyte, count: 256, prefix: 'small' };
const medium: ArtifactSet = { size: mebibyte, count: 64, prefix: 'medium' };
const large: ArtifactSet = { size: 16 * mebibyte, count: 8, prefix: 'large' };

async function startOurs(folder: string): Promise<Subject> {
  const server = await startNxkeyServer(folder);
  return {
    name: 'nxkey-server',
    origin: server.url,
    path: `${paths.remoteCache(server.nxCloudId)}/v1/cache/{hash}`,
    authorization: `Bearer ${await createCiToken(server, 'read-write')}`,
    stop: () => server.stop(),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const running: Subject[] = [];
try {
  await installPeer();
  const files = join(folder, 'files');
  await mkdir(files);
  const ours = await startOurs(join(folder, 'ours'));
  running.push(ours);
  const peer = await startPeer(join(folder, 'peer'));
  running.push(peer);
  const nginx = await startNginx(folder, files);
  running.push(nginx);
  await fill([ours, peer], files, [small, medium, large]);

  console.log(
    `${connections} connections, medians of ${rounds} rounds of ${seconds} s, in turn: nxkey-server ` +
      '(access checked on each request, its defaults), turborepo-remote-cache (local storage), nginx (no check).\n',
  );
  const perSecond = ({ requestsPerSecond }: Rates) => requestsPerSecond;
  const bytes = ({ bytesPerSecond }: Rates) => bytesPerSecond;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(2)} GB/s`;
  const count = (value: number) => `${value.toFixed(0)}/s`;

  const reads = async (set: ArtifactSet) => {
    const [mine, theirs, limit] = await measureReads([ours, peer, nginx], set, { rounds, seconds });
    if (mine === undefined || theirs === undefined || limit === undefined) throw new Error('a subject is missing');
    return { mine, theirs, limit };
  };
  const compared = (what: string, show: (value: number) => string, mine: number, other: number, atLeast?: number) => {
    const ratio = mine / other;
    report(what, `${show(mine)} = ${ratio.toFixed(2)} x ${show(other)}`, ratio, { atLeast });
  };

  const ofSmall = await reads(small);
  compared('GET 4 KiB, beside the peer', count, perSecond(ofSmall.mine), perSecond(ofSmall.theirs), 3);
  compared('GET 4 KiB, beside nginx', count, perSecond(ofSmall.mine), perSecond(ofSmall.limit));
  const ofMedium = await reads(medium);
  compared('GET 1 MiB, beside the peer', gigabytes, bytes(ofMedium.mine), bytes(ofMedium.theirs), 1);
  compared('GET 1 MiB, beside nginx', gigabytes, bytes(ofMedium.mine), bytes(ofMedium.limit), 0.6);
  const ofLarge = await reads(large);
  compared('GET 16 MiB, beside the peer', gigabytes, bytes(ofLarge.mine), bytes(ofLarge.theirs));
  compared('GET 16 MiB, beside nginx', gigabytes, bytes(ofLarge.mine), bytes(ofLarge.limit), 0.7);

  for (const subject of running.splice(0)) await subject.stop();
  const [mine = 0, theirs = 0] = await measureWrites([startOurs, startPeer], folder, {
    size: medium.size,
    rounds,
    seconds,
  });
  compared('PUT 1 MiB with fsync, beside the peer without', count, mine, theirs, 1.5);
} finally {
  for (const subject of running) await subject.stop();
  await rm(folder, { recursive: true, force: true });
}
