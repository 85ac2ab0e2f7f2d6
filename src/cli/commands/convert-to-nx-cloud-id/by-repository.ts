import { UserError } from '../../../errors.js';
import type { FindRepository } from '../../../git/repository.js';
import type { Choice } from './chosen-workspaces.js';

/**
 * All choices, those of one repository together: in the order of their first ones, and for the rest in theirs. One that is
 * in no repository is by itself.
 */
export async function byRepository(choices: AsyncIterable<Choice>, find: FindRepository): Promise<Choice[][]> {
  const groups = new Map<string, Choice[]>();
  for await (const choice of choices) {
    if (choice.kind === 'problem') {
      groups.set(`problem ${groups.size}`, [choice]);
      continue;
    }
    const { named, workspace } = choice;
    const root = (await rootOf(workspace, find)) ?? `none ${workspace}`;
    // What else was seen of it may not hold any more when its turn comes, and thousands are waiting.
    const waiting: Choice = { kind: 'workspace', named, workspace };
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [waiting]);
    else group.push(waiting);
  }
  return [...groups.values()];
}

/** What is wrong with its repository is said when it is converted. */
async function rootOf(workspace: string, find: FindRepository): Promise<string | undefined> {
  try {
    return (await find(workspace))?.root;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
