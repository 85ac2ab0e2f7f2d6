/** Lets so many pieces of work run at a time; the others wait in the order in which they came. */
export type Slots = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The slot goes on to the next one; nobody who comes just now can take it away.
      if (next === undefined) free++;
      else next();
    }
  };
}
