import type { Clock } from './model.js';
import type { AttemptKey, AttemptRepository } from './repositories.js';
import { newId } from './secrets.js';

/** At most `max` tries in any `windowMs`. Kept in the database, so a restart or a second replica forgets nothing. */
export interface AttemptLimit {
  max: number;
  windowMs: number;
}

const minute = 60_000;

export const attemptLimits = {
  // From one address, so that somebody who guesses at an account does not keep its owner out.
  'sign-in:account-and-address': { max: 10, windowMs: 15 * minute },
  // From all addresses together: NIST SP 800-63B §5.2.2 allows up to 100.
  'sign-in:account': { max: 100, windowMs: 15 * minute },
  'sign-in:address': { max: 50, windowMs: 15 * minute },
  // Those that failed, with GitHub or an OpenID Connect provider.
  'identity:address': { max: 50, windowMs: 15 * minute },
  // RFC 8628 §5.1: the user code is short, so guessing has to be limited.
  'user-code:user': { max: 5, windowMs: 10 * minute },
  'user-code:address': { max: 5, windowMs: 10 * minute },
  // Anybody may begin a device authorization, and each is a row for a day. An office may share one address.
  'device-authorization:address': { max: 120, windowMs: 10 * minute },
  // So may anybody run `nx connect`, and each time is a row for three days.
  'unclaimed-workspace:address': { max: 20, windowMs: 60 * minute },
} as const satisfies Record<string, AttemptLimit>;

export type AttemptKind = keyof typeof attemptLimits;

/** How long an attempt matters to anybody. */
export const longestWindowMs = Math.max(...Object.values(attemptLimits).map((limit) => limit.windowMs));

type LimitedKey = AttemptKey & { kind: AttemptKind };

interface LimitDependencies {
  attempts: AttemptRepository;
  clock: Clock;
}

/**
 * Runs `attempt` unless one of the keys has used up its failures. Each try is written down before it is made and taken
 * back when it succeeds; counting first and writing after would let a burst of parallel tries pass together.
 *
 * @returns what `attempt` answered; `null` when it failed or was not made at all, which looks the same from outside
 */
export async function limited<T>(
  { attempts, clock }: LimitDependencies,
  keys: LimitedKey[],
  attempt: () => Promise<T | null>,
): Promise<T | null> {
  const now = clock();
  const reservations = keys.map((key) => ({ ...key, id: newId(), at: now }));
  const takeBack = async () => {
    for (const { id } of reservations) await attempts.remove(id);
  };

  for (const reservation of reservations) await attempts.insert(reservation);
  for (const key of keys) {
    const { max, windowMs } = attemptLimits[key.kind];
    if ((await attempts.count(key, now - windowMs)) > max) {
      // A try that was refused is not counted, or hammering would keep the rightful owner out for ever.
      await takeBack();
      return null;
    }
  }
  const result = await attempt();
  if (result !== null) await takeBack();
  return result;
}

/**
 * Takes one of the tries that a key has, where successful ones count as well.
 *
 * @param max instead of the limit's own
 * @returns how many milliseconds to wait for the next one; `null` when there was one left
 */
export async function takeOne(
  { attempts, clock }: LimitDependencies,
  key: LimitedKey,
  max: number = attemptLimits[key.kind].max,
): Promise<number | null> {
  const now = clock();
  const { windowMs } = attemptLimits[key.kind];
  const id = newId();
  await attempts.insert({ ...key, id, at: now });
  if ((await attempts.count(key, now - windowMs)) <= max) return null;
  await attempts.remove(id);
  const oldest = await attempts.oldest(key, now - windowMs);
  return oldest === null ? 0 : oldest + windowMs - now;
}
