import type { AccessLevel, CiAccessLevel, PresetName } from '../../../src/protocol/wire-types.js';
import type { AccessSettings } from './model.js';

/** The access settings a workspace can begin with (access-model.md, "Who may do what"). */
export const presets: Record<PresetName, AccessSettings> = {
  default: { patOptIn: true, anonymousLevel: 'read-write', patLevel: 'read-write' },
  recommended: { patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' },
  'open-source': { patOptIn: true, anonymousLevel: 'read-only', patLevel: 'read-write' },
};

const open =
  'Anonymous access is read-write: whoever knows the nxCloudId reads and writes the cache without logging in. ' +
  'With the preset "recommended" only CI writes.';

/** A sentence for people whose workspace is open to whoever knows its `nxCloudId`, whether by a preset or by a level. */
export function accessWarning({ patOptIn, anonymousLevel }: AccessSettings): string | null {
  return patOptIn && anonymousLevel === 'read-write' ? open : null;
}

/** What a person should know who chose a preset; shown wherever one is chosen. */
export const presetNotes: Record<PresetName, string> = {
  default: open,
  recommended: 'Only CI access tokens write; members read after `npx nxkey login`; anonymous access is off.',
  'open-source': 'Everybody who knows the nxCloudId reads; members and CI write.',
};

export interface AccessChange {
  preset?: PresetName | undefined;
  patOptIn?: boolean | undefined;
  anonymousLevel?: AccessLevel | undefined;
  patLevel?: CiAccessLevel | undefined;
}

/** What is given, over the preset, over what stood before. A preset opts in; a level alone does not. */
export function changedAccess(before: AccessSettings, change: AccessChange): AccessSettings {
  const { patOptIn, anonymousLevel, patLevel } = change.preset === undefined ? before : presets[change.preset];
  return {
    patOptIn: change.patOptIn ?? patOptIn,
    anonymousLevel: change.anonymousLevel ?? anonymousLevel,
    patLevel: change.patLevel ?? patLevel,
  };
}
