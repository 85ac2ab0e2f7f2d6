import { readFileSync } from 'node:fs';
import { build, type Metafile } from 'esbuild';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

/**
 * Every package that may become part of what `npx nxkey` and Nx fetch. A new name in here is a decision (architecture.md,
 * "Dependencies"), not a detail.
 */
const direct = [
  '@inquirer/prompts',
  'chalk',
  'commander',
  'diff',
  'ignore',
  'jsonc-parser',
  'keytar',
  'open',
  'undici',
  'yaml',
];

const root = fileURLToPath(new URL('..', import.meta.url));
let graph: Metafile['inputs'];

beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts', 'src/credentials/keychain-process.ts', 'src/nx-client/index.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    outdir: 'unused',
    metafile: true,
    external: ['keytar'],
    logLevel: 'silent',
  });
  graph = metafile.inputs;
});

/** What our own sources import, as written there; Node's own modules left out. */
function packagesImported(): string[] {
  const names = Object.entries(graph)
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([, { imports }]) => imports.map((imported) => imported.original ?? imported.path))
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  return [...new Set(names)].sort();
}

function importsOf(folder: string): string[] {
  return Object.entries(graph)
    .filter(([file]) => file.startsWith(folder))
    .flatMap(([, { imports }]) => imports.map(({ path }) => path));
}

describe('the import graph of the CLI and the client program', () => {
  it('reaches no package outside the allow-list', () => {
    expect(packagesImported()).toEqual(direct);
  });

  it('reaches nothing of the server', () => {
    expect(Object.keys(graph).filter((file) => file.startsWith('server/'))).toEqual([]);
  });

  it('has keytar as the only package that is installed beside the bundle', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(['keytar']);
  });

  it('ends at src/protocol, which imports nothing but itself', () => {
    expect(importsOf('src/protocol/').filter((path) => !path.startsWith('src/protocol/'))).toEqual([]);
  });

  it('has artifacts as a part that knows neither HTTP nor Nx', () => {
    const allowed = /^(src\/nx-client\/artifact\/|src\/errors\.ts$|(node:)?(crypto|fs|path|stream|timers|util|zlib)\b)/;
    const imports = importsOf('src/nx-client/artifact/');
    expect(imports).toContain('src/nx-client/artifact/tar-reader.ts');
    expect(imports.filter((path) => !allowed.test(path))).toEqual([]);
  });
});
