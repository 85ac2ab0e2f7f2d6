/**
 * The installed version of a package, from the text of a lock file. Each function is pure and answers `undefined` when the
 * file does not say. Lock files of large repositories have 10 MB and more, and of all that one line is wanted. Package
 * managers always write them in one layout, so that line is looked for in the text: 0.1 to 7 ms for 10 MB, where a YAML
 * parser takes 12 s for one. Only a package-lock.json in another layout, as a formatter may leave it, or of version 1, in
 * which versions are in nested objects, is parsed.
 */
export interface LockedPackage {
  readonly name: string;
  /** As package.json lists it; `undefined` for a package that it does not list. */
  readonly range: string | undefined;
  /** The workspace's folder as seen from the lock file's, with `/`: `.` or `apps/shop`. */
  readonly folder: string;
}

export type LockFileReader = (text: string, locked: LockedPackage) => string | undefined;

/** By name, the first of those that stand in one folder counts. `undefined`: cannot be read, for it is binary. */
export const lockFileReaders: Readonly<Record<string, LockFileReader | undefined>> = {
  'pnpm-lock.yaml': versionInPnpmLock,
  'yarn.lock': versionInYarnLock,
  'bun.lock': versionInBunLock,
  'bun.lockb': undefined,
  'npm-shrinkwrap.json': versionInPackageLock,
  'package-lock.json': versionInPackageLock,
};

/** npm, versions 1 to 3. A package of the workspace's own folder counts before that of a folder above. */
export function versionInPackageLock(text: string, { name, folder }: LockedPackage): string | undefined {
  const keys = foldersUpFrom(folder).map((above) => `${above}node_modules/${name}`);
  const start = keys.map((key) => text.indexOf(`"${key}": {`)).find((offset) => offset !== -1);
  // This cannot be in a string, where quotes are escaped. An alias has its `name` first.
  const inUsualLayout = /^"[^"]*": \{\s*"version": "([^"\\]+)"/.exec(text.slice(start ?? text.length))?.[1];
  if (inUsualLayout !== undefined) return inUsualLayout;

  const lock = parseJson(text);
  const entries = [
    ...keys.map((key) => fieldOf(fieldOf(lock, 'packages'), key)),
    fieldOf(fieldOf(lock, 'dependencies'), name),
  ];
  return entries.map((entry) => fieldOf(entry, 'version')).find((version) => typeof version === 'string');
}

/** `apps/shop/`, `apps/` and the empty text. */
function foldersUpFrom(folder: string): string[] {
  const parts = folder === '.' ? [] : folder.split('/');
  return [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`), ''];
}

/**
 * Yarn, classic and Berry. An entry starts at the margin with all descriptors it is for, `nx@^16.0.0, nx@16.10.0:` or
 * `"nx@npm:16.10.0":`, and its version is on one of the indented lines.
 */
export function versionInYarnLock(text: string, { name, range }: LockedPackage): string | undefined {
  const entries = textsBehind(text, (quote) => `\n${quote}${name}@`).flatMap(({ key, body }) => {
    const version = /^ {2}version:? "?([^"\s]+)"?\s*$/m.exec(body)?.[1];
    // `0.0.0-use.local` is Berry's for a package of the repository itself.
    return version === undefined || version.endsWith('-use.local')
      ? []
      : [{ descriptors: key.split(',').map(unquoted), version }];
  });
  const exact = entries.find(({ descriptors }) =>
    descriptors.some((descriptor) => range !== undefined && isFor(descriptor, `${name}@`, range)),
  );
  return exact?.version ?? lowest(entries.map(({ version }) => version));
}

/**
 * pnpm, lock file versions 5 to 9: the workspace's own dependencies come first, in `importers` or, without such, at the
 * margin, and the lines from `packages:` on are not looked at unless the package is not among them.
 */
export function versionInPnpmLock(text: string, { name, folder }: LockedPackage): string | undefined {
  const end = /^packages:/m.exec(text)?.index ?? text.length;
  const own = pnpmDependencies(text.slice(0, end), name);
  const version = own.get(folder) ?? own.get('.');
  if (version !== undefined && /^\d/.test(version)) return version;
  const escaped = name.replace('/', '\\/');
  const keys = text.slice(end).matchAll(new RegExp(`^ {2}'?\\/?${escaped}[@/](\\d[^():_'\\s]*)`, 'gm'));
  return lowest([...keys].map((match) => match[1] ?? ''));
}

/** Bun's text form has one line for each package: `"nx": ["nx@19.0.0", …],`; a nested one is `"other/nx": […]`. */
export function versionInBunLock(text: string, { name }: LockedPackage): string | undefined {
  const line = new RegExp(`^\\s*"${name}":\\s*\\["${name}@([^"]+)"`, 'm').exec(text);
  return line?.[1];
}

/** The resolved versions of a package by importer. The keys on the way to a line are those indented less, before it. */
function pnpmDependencies(text: string, name: string): Map<string, string> {
  const found = new Map<string, string>();
  const path: { indent: number; key: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^( *)([^\s#][^:]*|'[^']*'):(?: +(.*))?$/.exec(line);
    if (match === null) continue;
    const [, space = '', key = '', value = ''] = match;
    while ((path.at(-1)?.indent ?? -1) >= space.length) path.pop();
    path.push({ indent: space.length, key: unquoted(key) });
    const keys = path.map((step) => step.key);
    const importer = keys[0] === 'importers' ? keys[1] : '.';
    const [kind, dependency, field, ...rest] = keys.slice(keys[0] === 'importers' ? 2 : 0);
    if (importer === undefined || dependency !== name || rest.length > 0) continue;
    if (kind === undefined || !['dependencies', 'devDependencies', 'optionalDependencies'].includes(kind)) continue;
    if (value !== '' && (field === undefined || field === 'version')) found.set(importer, unquoted(value));
  }
  return found;
}

/** Each entry of a yarn.lock: its first line without the colon, and the lines indented below. */
function textsBehind(text: string, start: (quote: string) => string): { key: string; body: string }[] {
  const entries: { key: string; body: string }[] = [];
  for (const quote of ['', '"']) {
    const wanted = start(quote);
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
      const lineEnd = text.indexOf('\n', at + 1);
      const bodyEnd = /\n(?! )\S/g;
      bodyEnd.lastIndex = lineEnd;
      const end = lineEnd === -1 ? text.length : (bodyEnd.exec(text)?.index ?? text.length);
      const key = text.slice(at + 1, lineEnd === -1 ? text.length : lineEnd).trim();
      entries.push({ key: key.replace(/:$/, ''), body: lineEnd === -1 ? '' : text.slice(lineEnd, end) });
    }
  }
  return entries;
}

function isFor(descriptor: string, start: string, range: string): boolean {
  return descriptor === start + range || descriptor === `${start}npm:${range}`;
}

function unquoted(text: string): string {
  return text
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(/^"|"$/g, '');
}

/** Of several the lowest: what is right for that Nx is right for later ones, too. */
function lowest(versions: readonly string[]): string | undefined {
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0];
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return value;
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
