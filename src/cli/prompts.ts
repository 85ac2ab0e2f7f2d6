import { Cancelled } from '../errors.js';
import type { Io } from './io.js';

/** Questions to a person; ask only when `io.interactive`. They are written to standard error like all text for people. */
export interface Prompts {
  confirm(message: string, options: { default: boolean }): Promise<boolean>;
  /** What is typed is not shown. */
  password(message: string): Promise<string>;
  select<Value>(message: string, choices: { name: string; value: Value }[]): Promise<Value>;
}

/** @throws {Cancelled} from each question that is answered with Ctrl-C */
export async function createPrompts(io: Io, signal: AbortSignal): Promise<Prompts> {
  const { confirm, password, select } = await import('@inquirer/prompts');
  const context = { input: io.stdin, output: io.stderr, signal };
  return {
    confirm: (message, options) => confirm({ message, ...options }, context).catch(cancelled),
    password: (message) => password({ message }, context).catch(cancelled),
    select: (message, choices) => select({ message, choices }, context).catch(cancelled),
  };
}

function cancelled(error: unknown): never {
  if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)) throw new Cancelled();
  throw error;
}
