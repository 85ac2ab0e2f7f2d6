import type { RunnerOptions } from './nx.js';

/**
 * Whether this run shall do without a remote cache. Nx looks at some of it itself and then never asks, but which depends
 * on its version (read in Nx 13 to 24): `NX_NO_CLOUD` since 18, `skipRemoteCache` and `NX_SKIP_REMOTE_CACHE` since 20,
 * `--no-cloud` never: up to 13 it stands on the command line only, later it is `cloud: false` among the options.
 */
export function isSwitchedOff(
  { env, argv }: Pick<NodeJS.Process, 'env' | 'argv'>,
  { cloud, skipRemoteCache }: RunnerOptions,
): boolean {
  const variables = ['NX_NO_CLOUD', 'NX_SKIP_REMOTE_CACHE', 'NX_DISABLE_REMOTE_CACHE'];
  if (variables.some((name) => env[name] === 'true')) return true;
  if (cloud === false || skipRemoteCache === true) return true;
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--no-cloud');
}
