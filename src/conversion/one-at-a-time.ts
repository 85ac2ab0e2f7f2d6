/** Runs what has the same key one after the other, in the order of the calls; what fails holds up nobody. */
export type OneAtATime = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;

export function oneAtATime(): OneAtATime {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    const ended = turn.catch(() => undefined);
    last.set(key, ended);
    try {
      return await turn;
    } finally {
      // Of what is over nothing is kept.
      if (last.get(key) === ended) last.delete(key);
    }
  };
}
