/**
 * Bundles both packages, and the client program that the server hands out to Nx. The CLI takes everything but `keytar` into
 * itself, split so that what is behind `import()` stays there; the server takes only our own sources, its packages are
 * ordinary dependencies.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { helpPages } from './help-pages.js';
import { archiveOf, contentHashOf, filesOf, nxClientVersion } from './nx-client-archive.js';
import { thirdPartyLicenses } from './third-party-licenses.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // jsonc-parser's `main` is UMD, which a bundler cannot follow.
  mainFields: ['module', 'main'],
  metafile: true,
  logLevel: 'warning',
  // Bundled CommonJS packages call `require` for Node's own modules; an ES module has none of its own.
  banner: {
    js: "import { createRequire as nxkeyRequire } from 'node:module'; const require = nxkeyRequire(import.meta.url);",
  },
} satisfies BuildOptions;

async function buildCli(): Promise<void> {
  await rm(join(root, 'dist'), { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { main: 'src/cli/main.ts', 'keychain-process': 'src/credentials/keychain-process.ts' },
    outdir: 'dist',
    splitting: true,
    // Names stay: they stand in stack traces, and packages look at them.
    minifyWhitespace: true,
    minifySyntax: true,
    chunkNames: 'chunks/[name]-[hash]',
    external: ['keytar'],
    plugins: [withoutHttp2],
  });
  checkLazy(metafile);
  await writeFile(
    join(root, 'dist/THIRD-PARTY-LICENSES.txt'),
    await thirdPartyLicenses(root, Object.keys(metafile.inputs)),
  );
  await copyXdgOpen();
  await writeHelpPages();
}

/** Help is answered from files, before the program is loaded (bin/start.js): a page for each command there is. */
async function writeHelpPages(): Promise<void> {
  await mkdir(join(root, 'dist/help'), { recursive: true });
  for (const [path, page] of helpPages()) await writeFile(join(root, 'dist/help', `${path}.txt`), page);
}

/**
 * undici speaks HTTP/1.1 unless told otherwise, and nothing here tells it. Its other half would load Node's `http2` and
 * `tls` all the same, which takes as long as an empty program (30 ms, Node 20).
 */
const withoutHttp2: Plugin = {
  name: 'without-http2',
  setup(bundling) {
    bundling.onLoad({ filter: /undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new Error('nxkey is built without HTTP/2'); };",
    }));
  },
};

/** `open` falls back to its own copy of xdg-open when the system has none; in the bundle it looks beside its chunk. */
async function copyXdgOpen(): Promise<void> {
  const target = join(root, 'dist/chunks/xdg-open');
  await copyFile(join(root, 'node_modules/open/xdg-open'), target);
}

/** What the CLI may load before it knows which command runs. Everything else has to be behind `import()`. */
const eagerPackages = new Set(['commander', 'chalk']);

function checkLazy(metafile: Metafile): void {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (output: string) => {
    if (seen.has(output)) return;
    seen.add(output);
    const description = metafile.outputs[output];
    if (description === undefined) return;
    for (const input of Object.keys(description.inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input)?.[1];
      if (name !== undefined) packages.add(name);
    }
    for (const imported of description.imports) if (imported.kind === 'import-statement') visit(imported.path);
  };
  visit('dist/main.js');
  const eager = [...packages].filter((name) => !eagerPackages.has(name));
  if (eager.length > 0)
    throw new Error(`Loaded before the command is known, move behind import(): ${eager.join(', ')}`);
}

async function buildServer(): Promise<void> {
  await rm(join(root, 'server/dist'), { recursive: true, force: true });
  const { dependencies } = JSON.parse(await readFile(join(root, 'server/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  await build({
    ...common,
    banner: {},
    entryPoints: { main: 'server/src/main.ts' },
    outdir: 'server/dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
  });
}

/**
 * What Nx downloads and requires. Nx waits for the entry on every run, also when everything is in the local cache, so
 * that has only what is needed then: 1.4 MB of JavaScript took 33 ms to read (CPU time, Node 20). The rest is in parts.
 */
async function buildNxClient(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const options = {
    ...common,
    outdir: 'nx-client',
    write: false,
    format: 'cjs',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    define: { 'import.meta.url': 'nxkeyModuleUrl', nxkeyVersion: JSON.stringify(version) },
    external: ['keytar'],
    plugins: [withoutHttp2],
  } satisfies BuildOptions;
  const banner = { js: "const nxkeyModuleUrl = require('url').pathToFileURL(__filename).href;" };
  // Old versions of Node shall be able to read the sentence that they are too old.
  const target = 'node14';
  const [entry, parts, keychain] = await Promise.all([
    build({
      ...options,
      ...{ target, banner, plugins: [asParts] },
      entryPoints: { entry: 'src/nx-client/index.ts' },
    }),
    build({ ...options, banner, plugins: [withoutHttp2, asParts], entryPoints: nxClientPartSources }),
    build({
      ...options,
      ...{ banner, external: [], plugins: [flatKeytar] },
      entryPoints: { 'keychain-process': 'src/credentials/keychain-process.ts' },
    }),
  ]);
  const program = [...entry.outputFiles, ...parts.outputFiles].map(({ path, contents }): [string, Uint8Array] => {
    const name = basename(path);
    return usedByFewRuns.has(name) ? [`${name}.gz`, gzipSync(contents)] : [name, contents];
  });
  const lengths = program.map(([name, contents]) => [name, contents.length] as const);
  const loader = await build({
    ...{ ...options, target, banner: {} },
    entryPoints: { index: 'src/nx-client/loader.ts' },
    define: { nxkeyFiles: JSON.stringify(Object.fromEntries(lengths)) },
    // Written as an ES module as all is here, and assigns `module.exports` as none does.
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
  });
  const inputs = { ...entry.metafile.inputs, ...parts.metafile.inputs, ...keychain.metafile.inputs };
  const files = new Map<string, Uint8Array>([
    // What Nx requires first: the less likely is it that it does so while another Nx is just writing it (loader.ts).
    ['package.json', Buffer.from(JSON.stringify({ name: 'nxkey-nx-client', version, main: 'index.js' }))],
    ...named(loader.outputFiles),
    ...program,
    ...named(keychain.outputFiles),
    ['THIRD-PARTY-LICENSES.txt', Buffer.from(await thirdPartyLicenses(root, Object.keys(inputs)))],
    ...(await keytarFiles()),
  ]);
  const contentHash = contentHashOf(files);
  const about = { version: nxClientVersion(version, contentHash), contentHash };
  await mkdir(join(root, 'server/dist'), { recursive: true });
  await writeFile(join(root, 'server/dist/nx-client.tar.gz'), await archiveOf(files));
  await writeFile(join(root, 'server/dist/nx-client.json'), JSON.stringify(about));
}

function named(files: readonly OutputFile[]): [string, Uint8Array][] {
  return files.map(({ path, contents }) => [basename(path), contents]);
}

/** Compressed, since every run has to read all parts (loader.ts): 2.1 MB took 7 ms. */
const usedByFewRuns = new Set(['main.js', 'proxied-connections.js']);

/** The modules that are behind `import()` in the entry or in another part, by the names of the files they become. */
const nxClientPartSources = {
  'run-cache': 'src/nx-client/run-cache.ts',
  'proxied-connections': 'src/nx-client/proxied-connections.ts',
  main: 'src/cli/main.ts',
};

const asParts: Plugin = {
  name: 'as-parts',
  setup(bundling) {
    bundling.onResolve({ filter: /./ }, ({ kind, path }) => {
      const name = basename(path, '.js');
      if (kind !== 'dynamic-import' || !(name in nxClientPartSources)) return undefined;
      return { path: name, namespace: 'part' };
    });
    bundling.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
      contents: `module.exports = nxkeyPart(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * keytar with its native parts beside the bundle, one for each platform, instead of in folders. When Nx up to 22 replaces the
 * program it reads all of the old one to hash it, and removes it file by file; what a second Nx does meanwhile
 * fails. 34 files in 18 folders took 90 ms for both, the files alone 10 ms (a container's file system, Node 20).
 */
const flatKeytar: Plugin = {
  name: 'flat-keytar',
  setup(bundling) {
    bundling.onLoad({ filter: /keytar\/lib\/keytar\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [before, after] of [
        ["path + '/keytar.node'", "path + '.node'"],
        ["'prebuilds/' + process.platform", "'keytar-' + process.platform"],
      ] as const) {
        if (!contents.includes(before))
          throw new Error(`keytar does not look for its native part by ${before} any more.`);
        contents = contents.replace(before, after);
      }
      return { contents };
    });
  },
};

/** Those that keytar looks for, which are named by Node's platform and architecture, where there is such a Node. */
async function keytarFiles(): Promise<Map<string, Uint8Array>> {
  const files = await filesOf(join(root, 'node_modules/keytar/prebuilds'), 'prebuilds');
  const native = [...files].flatMap(([path, content]) => {
    const platform = /^prebuilds\/((?:darwin|linux|win32)-(?:arm|arm64|ia32|x64))\/keytar\.node$/.exec(path)?.[1];
    return platform === undefined ? [] : [[`keytar-${platform}.node`, content] as const];
  });
  return new Map(native);
}

await Promise.all([buildCli(), buildServer().then(buildNxClient)]);
