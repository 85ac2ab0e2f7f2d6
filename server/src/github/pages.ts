import type { MemberPage, PageMemory, RememberedPage } from '../domain/github/gateway.js';
import { narrow, peopleAnswer, rememberedAnswer } from './answers.js';
import type { Answer } from './client.js';
import { unusable } from './failures.js';

export const pageSize = 100;

export interface PagedList {
  /** Under which its pages are remembered. */
  list: string;
  memory: PageMemory;
  ask: (page: number, etag: string | undefined) => Promise<Answer>;
  asked: { github: string; what: string };
  /** When there is no such list (any more). */
  onNotFound: () => Error | null;
}

/**
 * A list of people, page by page: as long as GitHub's `Link` header says that another one follows (RFC 8288). With a
 * 304 it may not say it, and then what it said before holds. So a full page that was the last one is asked for anew: it
 * stays the same, ETag and all, when another one begins behind it.
 */
export async function* pagesOf({ list, memory, ask, asked, onNotFound }: PagedList): AsyncGenerator<MemberPage> {
  for (let page = 1; ; page++) {
    const known = await remembered(memory, list, page);
    const mayHaveNewNext = known?.hasNext === false && known.people.length === pageSize;
    const answer = await ask(page, mayHaveNewNext ? undefined : known?.etag);
    let hasNext: boolean;
    /** Nobody is on the page: it is the one behind the last, which was said to follow when there were more. */
    let isGone = false;
    if (answer.kind === 'not-found') {
      const error = onNotFound();
      if (error !== null) throw error;
      hasNext = false;
      isGone = true;
      yield { people: [], isUnchanged: false };
    } else if (answer.kind === 'unchanged') {
      if (known === null) throw unusable(asked, 'nothing is known that it could be unchanged from');
      hasNext = answer.link === null ? known.hasNext : nextIs(page, answer, asked);
      if (hasNext !== known.hasNext && answer.link !== null) await memory.keep(list, page, { ...known, hasNext });
      yield { people: known.people, isUnchanged: true };
    } else {
      const people = narrow(peopleAnswer, answer.data, asked);
      hasNext = nextIs(page, answer, asked);
      if (hasNext && people.length === 0) throw unusable(asked, 'it has a page with nobody on it before the last one');
      isGone = people.length === 0 && page > 1;
      if (answer.etag !== null) await memory.keep(list, page, { etag: answer.etag, people, hasNext });
      yield { people, isUnchanged: known !== null && isSame(known.people, people) };
    }
    if (!hasNext) {
      await memory.forgetFrom(list, isGone ? page : page + 1);
      const before = isGone && page > 1 ? await remembered(memory, list, page - 1) : null;
      if (before !== null) await memory.keep(list, page - 1, { ...before, hasNext: false });
      return;
    }
  }
}

/** What is no page any more is as good as none: it is asked for anew. */
async function remembered(memory: PageMemory, list: string, page: number): Promise<RememberedPage | null> {
  const known: unknown = await memory.find(list, page);
  const result = rememberedAnswer.safeParse(known);
  return result.success ? result.data : null;
}

/** A page that GitHub has to send again, since its ETags hold no longer than a token, may be the same for all that. */
function isSame(known: RememberedPage['people'], people: RememberedPage['people']): boolean {
  return (
    known.length === people.length &&
    known.every((person, index) => {
      const other = people[index];
      return other?.githubUserId === person.githubUserId && other.login === person.login;
    })
  );
}

function nextIs(page: number, { link }: { link: string | null }, asked: PagedList['asked']): boolean {
  const target = /<([^<>]*)>\s*;[^,<]*\brel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return false;
  const next = URL.canParse(target) ? new URL(target).searchParams.get('page') : null;
  if (next !== String(page + 1)) throw unusable(asked, `the page that follows page ${page} is not the next one`);
  return true;
}
