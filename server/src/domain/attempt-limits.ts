import type { Clock } from './model.js';
import type { AttemptKey, AttemptRepository } from './repositories.js';
import { newId } from './secrets.js';

/** At most `max` failures in any `windowMs`. Kept in the database, so a restart or a second replica forgets nothing. */
export interface AttemptLimit {
  max: number;
  windowMs: number;
}

const minute = 60_000;

export const attemptLimits = {
  'sign-in:account': { max: 10, windowMs: 15 * minute },
  'sign-in:ip': { max: 50, windowMs: 15 * minute },
  // RFC 8628 §5.1: the user code is short, so guessing has to be limited.
  'user-code:user': { max: 5, windowMs: 10 * minute },
  'user-code:ip': { max: 5, windowMs: 10 * minute },
} as const satisfies Record<string, AttemptLimit>;

export type AttemptKind = keyof typeof attemptLimits;

/** How long an attempt matters to anybody. */
export const longestWindowMs = Math.max(...Object.values(attemptLimits).map((limit) => limit.windowMs));

/**
 * Runs `attempt` unless one of the keys has used up its failures. Each try is written down before it is made and taken
 * back when it succeeds; counting first and writing after would let a burst of parallel tries pass together.
 *
 * @returns what `attempt` answered; `null` when it failed or was not made at all, which looks the same from outside
 */
export async function limited<T>(
  { attempts, clock }: { attempts: AttemptRepository; clock: Clock },
  keys: (AttemptKey & { kind: AttemptKind })[],
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
