import type { AccessSettingsInfo, WorkspaceChange } from '../../../protocol/wire-types.js';

/**
 * Whether a change lets strangers write to a cache that was closed to them: whoever writes a task's result first decides
 * what everybody gets (access-model.md, "A cache that cannot be poisoned").
 * @param before `null` for a workspace that is yet to be made
 */
export function opensCache(before: AccessSettingsInfo | null, change: WorkspaceChange): boolean {
  const closed = before === null || !isOpen(before.patOptIn, before.anonymousLevel);
  // A preset opts in, and only one of them lets strangers write.
  const anonymousOfPreset = change.preset === 'default' ? 'read-write' : change.preset && 'none';
  const patOptIn = change.patOptIn ?? (change.preset !== undefined || before?.patOptIn === true);
  return closed && isOpen(patOptIn, change.anonymousLevel ?? anonymousOfPreset ?? before?.anonymousLevel);
}

function isOpen(patOptIn: boolean, anonymousLevel: string | undefined): boolean {
  return patOptIn && anonymousLevel === 'read-write';
}
