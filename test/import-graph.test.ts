import { readFileSync } from 'node:fs';
import { build, type Metafile } from 'esbuild';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

/**
 * Every package that may become part of what `npx nxkey` fetches. A new name in here is a decision (architecture.md,
 * "Dependencies"), not a detail.
 */
const direct = ['@inquirer/prompts', 'chalk', 'commander', 'diff', 'jsonc-parser', 'keytar', 'open', 'undici'];

const root = fileURLToPath(new URL('..', import.meta.url));
let graph: Metafile['inputs'];

beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts', 'src/credentials/keychain-process.ts'],
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

describe('the import graph of the CLI', () => {
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
    const outside = Object.entries(graph)
      .filter(([file]) => file.startsWith('src/protocol/'))
      .flatMap(([, { imports }]) => imports.map(({ path }) => path))
      .filter((path) => !path.startsWith('src/protocol/'));
    expect(outside).toEqual([]);
  });
});
