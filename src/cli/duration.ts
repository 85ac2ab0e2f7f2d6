import { UsageError } from '../errors.js';

const secondsIn = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Ten years: longer than that is a slip of the keyboard, and "never" has a form of its own, leaving the flag out. */
const longest = 3650 * secondsIn.d;

/**
 * Seconds, from `30m`, `24h`, `90d` or `2w`; `0` is none at all.
 * @throws {UsageError} that names the flag
 */
export function duration(flag: string, max = longest): (text: string) => number {
  return (text) => {
    const seconds = secondsOf(text);
    if (seconds === undefined) {
      throw new UsageError(`${flag} takes a time such as 30m, 24h, 90d or 2w; what was given is none.`);
    }
    if (seconds > max) throw new UsageError(`${flag} takes ${Math.floor(max / secondsIn.d)} days at most.`);
    return seconds;
  };
}

/**
 * A moment, from the length of time that has passed since (`24h`), a day (`2026-11-21`, its beginning in UTC) or a
 * timestamp (`2026-11-21T10:00:00Z`).
 * @throws {UsageError} that names the flag
 */
export function moment(flag: string): (text: string) => Moment {
  return (text) => {
    const ago = secondsOf(text);
    if (ago !== undefined && ago <= longest) return { secondsAgo: ago };
    if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text))) {
      return { at: new Date(text).toISOString() };
    }
    throw new UsageError(`${flag} takes a time such as 30m, 24h, 7d, 2026-11-21 or 2026-11-21T10:00:00Z.`);
  };
}

/** Parsing knows no clock: what "24h ago" is, is worked out when the command runs. */
export type Moment = { secondsAgo: number } | { at: string };

/** ISO 8601 in UTC. */
export function timestampOf(moment: Moment, now: Date): string {
  return 'at' in moment ? moment.at : after(now, -moment.secondsAgo);
}

/** ISO 8601 in UTC, so many seconds later. */
export function after(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString();
}

function secondsOf(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([1-9]\d{0,8})([mhdw])$/.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  return Number(amount) * secondsIn[unit === 'm' || unit === 'h' || unit === 'd' ? unit : 'w'];
}
