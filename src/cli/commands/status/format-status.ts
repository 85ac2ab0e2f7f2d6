import type { ChalkInstance } from 'chalk';
import type { AccessLevel } from '../../../protocol/wire-types.js';
import { printable } from '../../../rest-client/printable.js';
import type { ServerStatus, Status, WorkspaceStatus } from './collect-status.js';

/** The status as a person reads it, line by line. */
export function formatStatus(status: Status, style: ChalkInstance): string[] {
  const blocks = status.servers.map((server) => formatServer(server, style));
  if (status.workspace !== null) {
    const told = status.servers.flatMap(({ problem }) => problem?.message ?? []);
    blocks.push(formatWorkspace(status.workspace, told, style));
  }
  return blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function formatServer(
  { serverUrl, state, user, token, warnings, problem }: ServerStatus,
  style: ChalkInstance,
): string[] {
  const lines = [style.bold(serverUrl)];
  if (state === 'logged-in' && user !== null)
    lines.push(`  ${style.green('✓')} Logged in as ${user.name} <${user.email}>`);
  if (problem !== null) lines.push(...formatProblem(problem, style));
  if (token !== null) {
    const name = token.name === null ? '' : ` "${token.name}"`;
    const since = token.since === null ? '' : ` since ${day(token.since)}`;
    lines.push(`  Token${name} ${token.masked}, kept in ${token.keptIn}${since}`);
    if (token.expiresAt !== null) lines.push(`  Valid until ${day(token.expiresAt)}, and longer whenever it is used`);
  }
  for (const { organization, message } of warnings) lines.push(`  ${style.yellow('!')} ${organization}: ${message}`);
  return lines;
}

/** @param told what stands with the servers already */
function formatWorkspace(
  { root, nxCloudId, access, problem }: WorkspaceStatus,
  told: readonly string[],
  style: ChalkInstance,
): string[] {
  const lines = [style.bold(`Workspace ${root}`)];
  if (nxCloudId !== null) lines.push(`  nxCloudId ${printable(nxCloudId, 60)}`);
  if (access !== null) lines.push(`  Cache access: ${levelInWords[access.level]}, because ${access.because}`);
  if (problem !== null && told.includes(problem.message)) lines.push('  Cache access: not known, see above');
  else if (problem !== null) lines.push(...formatProblem(problem, style));
  return lines;
}

function formatProblem(
  { message, remedy }: { message: string; remedy: string | null },
  style: ChalkInstance,
): string[] {
  const lines = [`  ${style.yellow('!')} ${message}`];
  if (remedy !== null) lines.push(`    ${remedy}`);
  return lines;
}

const levelInWords: Record<AccessLevel, string> = { none: 'none', 'read-only': 'read', 'read-write': 'read and write' };

function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}
