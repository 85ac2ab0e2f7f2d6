/** ISO 8601 in UTC, as everything outside of the database has it; `null` stays: never. */
export function isoTime(time: number): string;
export function isoTime(time: number | null): string | null;
export function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
