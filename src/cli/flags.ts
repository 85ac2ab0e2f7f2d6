import { Option } from 'commander';
import { UsageError } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import type { Dependencies } from './dependencies.js';

/**
 * Flags that several commands share, and the forms that values must have. Commander's own error would repeat the value,
 * which may be a secret given by mistake, so each refusal is a `UsageError` of ours.
 */

/** What a command does, imported when it runs. */
export type Run<Flags> = (flags: Flags, dependencies: Dependencies) => Promise<void>;

export interface ServerFlags {
  server?: string;
  json: boolean;
}

export interface OrganizationFlags extends ServerFlags {
  /** A slug. */
  org?: string;
}

export interface WorkspaceFlags extends ServerFlags {
  /** An nxCloudId. */
  workspace?: string;
}

export function serverFlag(): Option {
  return new Option('--server <url>', 'the server (default: as for login, or the only one you are logged in to)');
}

/** The argument of `login` and `logout` as a flag: `nx login --nxCloudUrl <url>` is documented by Nx, which hands it on. */
export function nxCloudUrlFlag(): Option {
  return new Option('--nx-cloud-url, --nxCloudUrl <url>').hideHelp();
}

export function orgFlag(without = "your only one, or that of this folder's workspace"): Option {
  return new Option('--org <slug>', `the organization (default: ${without})`).argParser(slug);
}

export function workspaceFlag(without = 'that of the current folder'): Option {
  return new Option('--workspace <nxCloudId>', `the workspace (default: ${without})`).argParser(nxCloudId);
}

export function jsonFlag(): Option {
  return new Option('--json', 'print the result as JSON').default(false);
}

export function yesFlag(): Option {
  return new Option('--yes', 'do not ask').default(false);
}

export function slug(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError('An organization is named by 1 to 40 lower-case letters, digits and dashes, such as acme.', {
    remedy: 'Yours are listed by:  npx nxkey org list',
  });
}

export function nxCloudId(text: string): string {
  if (isNxCloudId(text)) return text;
  throw new UsageError('--workspace takes the 24 letters and digits of an nxCloudId; what was given is none.', {
    remedy: 'The ids are listed by:  npx nxkey workspace list',
  });
}

export function displayName(text: string): string {
  const trimmed = text.trim();
  if (trimmed !== '' && trimmed.length <= 100 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(trimmed)) return trimmed;
  throw new UsageError('A name has to be 1 to 100 characters that can be shown.');
}

export function email(text: string): string {
  const trimmed = text.trim();
  if (/^[^\s@<>"]+@[^\s@<>"]+$/.test(trimmed) && trimmed.length <= 254) return trimmed;
  throw new UsageError('A member is named by an e-mail address, such as grace@acme.example; what was given is none.');
}

/** A whole number from 1 on. */
export function limit(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new UsageError('--limit takes a whole number from 1 to 9999999.');
}
