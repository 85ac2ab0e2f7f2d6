/** Which Nx this is, as far as the place of the id in nx.json depends on it. */
export interface NxVersion {
  major: number;
  minor: number;
  /** As it was found: `18.2.4`, `^16.0.0`. */
  text: string;
}

/**
 * The lowest version that an exact version or a range allows: all that this program writes for an Nx works with later
 * ones, too. `undefined` for `latest`, `catalog:`, `<20` and the like, and for what is no version (`file:`, a URL).
 */
export function parseNxVersion(text: string): NxVersion | undefined {
  if (/^(?:file|link|portal|git|https?)[+:]/.test(text)) return undefined;
  const lowest = text.split('||').map(lowestOf);
  if (lowest.some((version) => version === undefined)) return undefined;
  return lowest
    .filter((version) => version !== undefined)
    .reduce<NxVersion | undefined>((least, version) => {
      return least !== undefined && !isBefore(version, least) ? least : { ...version, text };
    }, undefined);
}

/** Before 19.6 the top level of nx.json is not looked at for an id; the package `nx-cloud` is needed then, too. */
export function readsTopLevelId(nx: NxVersion): boolean {
  // `nxCloudId` first appears in `getTasksRunnerPath` and `getRunnerOptions` (tasks-runner/run-command.js) of 19.6.0; in
  // the source of 19.5.7 it is nowhere. There `createApiAxiosInstance`, with which Nx downloads the client program if the
  // package `nx-cloud` is missing, still stops without an access token. Nx's documentation says 19.7.
  return !isBefore(nx, { major: 19, minor: 6 });
}

/** Up to 16 it takes nothing about the cloud from the top level: not the token, the URL nor the encryption key. */
export function readsTopLevelToken({ major }: NxVersion): boolean {
  return major >= 17;
}

/** Since 21 there are no runners but Nx's own and Nx Cloud's: any other name in nx.json is passed over. */
export function ignoresOtherRunners({ major }: NxVersion): boolean {
  return major >= 21;
}

/** Of the package `nx-cloud`. Measured: 19.0.0 and older stop without an access token, also beside an id. */
export function nxCloudKnowsIds(nxCloud: NxVersion): boolean {
  return !isBefore(nxCloud, { major: 19, minor: 1 });
}

function lowestOf(range: string): Omit<NxVersion, 'text'> | undefined {
  const comparators = range.replace(/([<>=^~])\s+/g, '$1').split(/\s+/);
  for (const comparator of comparators.filter((one) => !one.startsWith('<'))) {
    const match = /(?:^|[^\d.])(\d+)(?:\.(\d+|x|\*))?/.exec(comparator);
    if (match?.[1] === undefined) continue;
    const minor = Number(match[2] ?? 0);
    return { major: Number(match[1]), minor: Number.isNaN(minor) ? 0 : minor };
  }
  return undefined;
}

function isBefore(a: Omit<NxVersion, 'text'>, b: Omit<NxVersion, 'text'>): boolean {
  return a.major < b.major || (a.major === b.major && a.minor < b.minor);
}
