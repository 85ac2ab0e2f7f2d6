import { UsageError, UserError } from '../../../errors.js';
import type { WriterUsage } from '../../../protocol/wire-types.js';

type Writer = WriterUsage['writer'];

/** As a person can name it again: a token's name or an e-mail address, or the id of what the server knows no more. */
export function nameOf({ kind, id, name }: Writer): string {
  return name ?? id ?? kind;
}

/**
 * The writer that a person means, by an id, a name, an e-mail address, or `anonymous`.
 * @param usages those who have written something that is still there
 * @throws {UserError} when none of them is meant, {UsageError} when several are
 */
export function findWriter(who: string, usages: readonly WriterUsage[]): WriterUsage {
  const byId = usages.find(({ writer }) => writer.id === who);
  if (byId !== undefined) return byId;
  const same = (text: string) => text.toLowerCase() === who.toLowerCase();
  const [only, ...others] = usages.filter(({ writer }) => same(nameOf(writer)));
  if (only === undefined) {
    const names = usages.map(({ writer }) => nameOf(writer));
    const known = names.length === 0 ? 'The cache is empty.' : `Those who have: ${names.slice(0, 20).join(', ')}.`;
    throw new UserError('Nobody of that name or id has written anything that is in the cache.', { remedy: known });
  }
  if (others.length === 0) return only;
  const ids = [only, ...others].map(
    ({ writer, lastWrittenAt }) => `${writer.id ?? writer.kind} (wrote last ${lastWrittenAt})`,
  );
  throw new UsageError(`Several writers have that name: ${ids.join('; ')}.`, {
    remedy: 'Name the one you mean by its id.',
  });
}
