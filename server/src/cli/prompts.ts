import { InvalidArgumentError } from 'commander';
import { passwordProblem } from '../domain/passwords.js';
import { UserError } from '../errors.js';
import type { CliContext } from './context.js';

/** Questions to a person at a terminal. The prompts' code is loaded with the first question. */
export interface Prompts {
  /** @param parse the same check that the flag has */
  text(message: string, parse: (text: string) => string): Promise<string>;
  /** A good one, typed twice. */
  newPassword(): Promise<string>;
}

export function createPrompts({ stdin, stderr, signal }: CliContext): Prompts {
  const context = { input: stdin, output: stderr, signal };
  return {
    async text(message, parse) {
      const { input } = await import('@inquirer/prompts');
      const validate = (value: string) => problemOf(() => parse(value)) ?? true;
      return parse(await input({ message, validate }, context).catch(cancelled));
    },
    async newPassword() {
      const { password } = await import('@inquirer/prompts');
      const validate = (value: string) => passwordProblem(value) ?? true;
      const first = await password({ message: 'Password', mask: true, validate }, context).catch(cancelled);
      const same = (value: string) => value === first || 'The two are not the same.';
      return await password({ message: 'The same again', mask: true, validate: same }, context).catch(cancelled);
    },
  };
}

function problemOf(parse: () => string): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.message;
    throw error;
  }
}

function cancelled(error: unknown): never {
  if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)) {
    throw new UserError('Cancelled. Nothing was changed.');
  }
  throw error;
}
