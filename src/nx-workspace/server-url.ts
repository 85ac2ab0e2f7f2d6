import { UsageError } from '../errors.js';
import { parseServerUrl } from '../protocol/server-url.js';
import type { WorkspaceConfiguration } from './configuration.js';

/** Where a server's URL may come from. */
export interface ServerUrlSources {
  /** From the command line. */
  argument?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  workspace?: Pick<WorkspaceConfiguration, 'serverUrls'> | undefined;
}

export interface ServerUrl {
  /** In its one spelling, see `parseServerUrl`. */
  url: string;
  /** In words: `the command line`, `NX_CLOUD_API`, `nxCloudUrl in nx.json`. */
  source: string;
}

/**
 * The server, by Nx's own order (nx-protocol.md §2): the argument, `NX_CLOUD_API`, `NRWL_API`, the runner options of
 * nx.json, its `nxCloudUrl`. An empty variable is none, as for Nx. Only Nx's last choice is left out: no server is
 * assumed that nobody named, since tokens are sent to it.
 * @returns `undefined` when nobody named one
 * @throws {UsageError} that says where the URL came from, when it is none or must not be used
 */
export function findServerUrl({ argument, env, workspace }: ServerUrlSources): ServerUrl | undefined {
  const candidates = [
    { text: argument, source: 'the command line' },
    { text: env['NX_CLOUD_API'], source: 'NX_CLOUD_API' },
    { text: env['NRWL_API'], source: 'NRWL_API' },
    ...(workspace?.serverUrls ?? []),
  ];
  for (const { text, source } of candidates) {
    // An empty argument is a script's unset variable: to go on to another server would be a surprise.
    if (text === undefined || (text.trim() === '' && text !== argument)) continue;
    const parsed = parseServerUrl(text);
    if (parsed.ok) return { url: parsed.url, source };
    throw new UsageError(`The server's URL from ${source} cannot be used: ${parsed.reason}.`, {
      remedy: 'Give one such as https://cache.example.com.',
    });
  }
  return undefined;
}

/** @throws {UsageError} when nobody named a server, and as `findServerUrl` does */
export function resolveServerUrl(sources: ServerUrlSources): ServerUrl {
  const server = findServerUrl(sources);
  if (server !== undefined) return server;
  throw noServerNamed();
}

export function noServerNamed(): UsageError {
  return new UsageError('No server is given: neither on the command line, nor in NX_CLOUD_API, nor in nx.json.', {
    remedy: 'Name it on the command line, or set NX_CLOUD_API=https://…, or "nxCloudUrl" in nx.json.',
  });
}
