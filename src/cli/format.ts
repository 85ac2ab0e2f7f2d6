import type { AccessSettingsInfo } from '../protocol/wire-types.js';

/** Values as people read them in tables. */

export function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}

/** To the minute, in UTC: `2026-11-21 10:00`. */
export function minute(timestamp: string): string {
  return timestamp.slice(0, 16).replace('T', ' ');
}

export function minuteOr(none: string, timestamp: string | null): string {
  return timestamp === null ? none : minute(timestamp);
}

/** In the units that disks are sold in: 1 kB is 1000 bytes. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // 999.5 would be printed as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

export function accessInWords({ patOptIn, anonymousLevel, patLevel }: AccessSettingsInfo): string {
  return patOptIn ? `anonymous ${anonymousLevel}, members ${patLevel}` : 'only CI access tokens (not opted in)';
}
