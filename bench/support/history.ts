import { formatToken, randomPartLength } from '../../src/protocol/tokens.js';

/** Commits of the history, merges and those they merge among them. */
export const commits = 10_000;

const sources = 3000;
const next = random(5);
const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));

const tokens = {
  converted: btoa('5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f|read-write'),
  binary: btoa('0c9d8e7f-1a2b-4c3d-9e4f-5a6b7c8d9e0f|read-only'),
  removed: formatToken('ci', 'A'.repeat(randomPartLength)),
  minified: btoa('7f6e5d4c-3b2a-4190-8f7e-6d5c4b3a2918|read'),
  merged: formatToken('personal', 'b'.repeat(randomPartLength)),
};

/** What has tokens, by the number of the commit; a multiple of 10 is a merge. */
const planted: Partial<Record<number, { path: string; content: () => Buffer }>> = {
  11: { path: 'nx.json', content: () => nxJson(tokens.converted, 1) },
  401: { path: 'nx.json', content: () => nxJson(tokens.converted, 2) },
  1003: {
    path: 'assets/data.bin',
    content: () => Buffer.concat([noise(90_000), Buffer.from(tokens.binary), noise(9)]),
  },
  2002: { path: '.env', content: () => Buffer.from(`NX_CLOUD_ACCESS_TOKEN=${tokens.removed}\n`) },
  2003: { path: '.env', content: () => Buffer.from('\n') },
  3003: {
    path: 'dist/app.min.js',
    content: () => Buffer.from(`${minified(700_000)}"${tokens.minified}"${minified(9)}`),
  },
  5000: { path: 'nx.json', content: () => nxJson('63f1a2b3c4d5e6f708192a3b', 3) },
  7000: { path: 'tools/upload.sh', content: () => Buffer.from(`curl -H "Authorization: Bearer ${tokens.merged}"\n`) },
};

/** What a search has to find: the number of commits that brought it, and where. The oldest first. */
export const expected = ['2 nx.json', '1 assets/data.bin', '1 .env', '1 dist/app.min.js', '1 tools/upload.sh'];

/**
 * The history of a workspace, as git's fast-import reads it: source files of some kilobytes, a lock file of half a
 * megabyte that one commit in twenty changes, pictures, text that is not UTF-8, a bundle in one line, a merge in ten
 * commits. The same in each run.
 */
export function* history(): Generator<Buffer> {
  const files = new Map(Array.from({ length: sources }, (_, index) => [sourcePath(index), source()]));
  const lock = Array.from({ length: 12_000 }, (_, index) => lockLine(index));
  let main = 0;
  let side: { mark: number; changed: [string, Buffer][] } | undefined;
  for (let mark = 1; mark <= commits; mark++) {
    const changed = mark === 1 ? [...files].map(contentOf) : changes(files);
    if (mark === 1 || mark % 20 === 5) changed.push(['package-lock.json', changedLock(lock)]);
    if (mark % 100 === 6) changed.push([`assets/picture-${mark}.png`, noise(between(20_000, 200_000))]);
    if (mark % 500 === 7) changed.push(['dist/bundle.min.js', Buffer.from(minified(600_000))]);
    if (mark % 100 === 4) changed.push(['docs/grüße.txt', Buffer.from(`Grüße ${mark}\n`.repeat(200), 'latin1')]);
    const secret = planted[mark];
    if (secret !== undefined) changed.push([secret.path, secret.content()]);

    if (mark % 10 === 8) {
      yield commit({ mark, branch: 'side', parents: [main], changed });
      side = { mark, changed };
    } else {
      const merged = mark % 10 === 0 ? side : undefined;
      const parents = [main, ...(merged === undefined ? [] : [merged.mark])];
      yield commit({ mark, branch: 'main', parents, changed: [...(merged?.changed ?? []), ...changed] });
      main = mark;
    }
  }
}

interface CommitData {
  mark: number;
  branch: string;
  parents: number[];
  changed: [path: string, content: Buffer][];
}

function commit({ mark, branch, parents, changed }: CommitData): Buffer {
  const message = `Change ${changed.length} files of team ${mark % 17}\n`;
  const [from, merge] = parents.filter((parent) => parent > 0);
  const head = [
    `commit refs/heads/${branch}`,
    `mark :${mark}`,
    `committer Ada <ada@example.com> ${1_600_000_000 + mark * 3600} +0000`,
    `data ${message.length}`,
    message + (from === undefined ? '' : `from :${from}\n`) + (merge === undefined ? '' : `merge :${merge}\n`),
  ].join('\n');
  const files = changed.flatMap(([path, content]) => [
    Buffer.from(`M 100644 inline ${path}\ndata ${content.length}\n`),
    content,
    Buffer.from('\n'),
  ]);
  return Buffer.concat([Buffer.from(head), ...files]);
}

function changes(files: Map<string, string[]>): [string, Buffer][] {
  return Array.from({ length: between(1, 5) }, () => {
    const path = sourcePath(Math.floor(next() ** 2 * sources));
    const lines = files.get(path) ?? [];
    const at = between(0, lines.length);
    lines.splice(at, between(0, 6), ...Array.from({ length: between(1, 6) }, codeLine));
    return contentOf([path, lines]);
  });
}

function contentOf([path, lines]: [string, string[]]): [string, Buffer] {
  return [path, Buffer.from(`${lines.join('\n')}\n`)];
}

function sourcePath(index: number): string {
  return `libs/team-${index % 17}/feature-${index % 101}/src/lib/part-${index}.ts`;
}

function source(): string[] {
  return Array.from({ length: between(20, 220) }, codeLine);
}

const words =
  'import export const function return await async interface readonly string number token context index next expect extends request response exception nxProject prefix config options value result'.split(
    ' ',
  );

function codeLine(): string {
  const text = Array.from({ length: between(2, 8) }, () => words[between(0, words.length - 1)]).join(' ');
  return `${'  '.repeat(between(0, 3))}${text}_${between(0, 999)}(${between(0, 9)});`;
}

function lockLine(index: number): string {
  return `    "node_modules/package-${index}": "${noise(24).toString('base64')}",`;
}

function changedLock(lock: string[]): Buffer {
  for (let line = 0; line < 12; line++) {
    const index = between(0, lock.length - 1);
    lock[index] = lockLine(index);
  }
  return Buffer.from(`{\n${lock.join('\n')}\n}\n`);
}

function minified(length: number): string {
  let text = '';
  while (text.length < length) text += codeLine().trim().replaceAll(' ', ',');
  return text;
}

function nxJson(secret: string, version: number): Buffer {
  return Buffer.from(JSON.stringify({ targetDefaults: { build: { version } }, nxCloudAccessToken: secret }, null, 2));
}

function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length + 4);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(Math.floor(next() * 2 ** 32), at);
  return bytes.subarray(0, length);
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
