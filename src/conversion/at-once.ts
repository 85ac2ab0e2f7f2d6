/**
 * Works on the items of a stream, so many at a time; no more of them is taken out than is worked on, so that a stream of
 * any length needs no more memory than a short one.
 * @param signal stops taking new items; those begun are finished
 * @throws what the stream, or the first work that failed, has thrown, when all that was begun has ended
 */
export async function forEachAtOnce<Item>(
  items: AsyncIterable<Item>,
  { atOnce, signal }: { atOnce: number; signal: AbortSignal },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let ended = false;

  async function worker(): Promise<void> {
    while (!ended && !signal.aborted) {
      // An async generator queues calls of next(), so that workers need not take turns.
      const next = await iterator.next();
      if (next.done === true) {
        ended = true;
        return;
      }
      await work(next.value);
    }
  }

  const workers = Array.from({ length: atOnce }, () =>
    worker().catch((error: unknown) => {
      ended = true;
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  signal.throwIfAborted();
  if (failed !== undefined) throw failed.reason;
}
