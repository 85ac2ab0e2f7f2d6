/** ISO 8601 in UTC, as everything outside of the database has it; `null` stays: never. */
export function timestamp(time: number): string;
export function timestamp(time: number | null): string | null;
export function timestamp(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
