import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import type { CliContext } from './context.js';

export type Environment = CliContext['environment'];

/** A variable without the white space around it; `undefined` when it is not set, or empty. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

/**
 * A secret, from `<name>` or from the file that `<name>_FILE` names, without the white space around it. No message has
 * any of it.
 *
 * @throws {UsageError} for both at once, and for a file that cannot be read or is empty
 */
export async function secretVariable(environment: Environment, name: string): Promise<string | undefined> {
  const fileVariable = `${name}_FILE`;
  const value = variable(environment, name);
  const file = variable(environment, fileVariable);
  if (file === undefined) return value;
  if (value !== undefined) {
    throw new UsageError(`Both ${name} and ${fileVariable} are set.`, { remedy: `Set one of them.` });
  }
  let text;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(
      `The file that ${fileVariable} names cannot be read: ${cause instanceof Error ? cause.message : file}`,
      { remedy: 'It has to be readable by the user that the server runs as.', cause },
    );
  }
  if (text === '') {
    throw new UsageError(`The file that ${fileVariable} names, ${file}, is empty.`, {
      remedy: `Put the secret into it.`,
    });
  }
  return text;
}

/** @throws {UsageError} for a variable that begins with a prefix of ours and is none of ours: a misspelled one */
export function refuseUnknown(environment: Environment, prefix: string, known: readonly string[]): void {
  const unknown = Object.keys(environment).find((name) => name.startsWith(prefix) && !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`There is no variable ${unknown}.`, { remedy: `These there are: ${known.join(', ')}` });
}

/** @throws {UsageError} naming those that are missing, where at least one is set */
export function requireAll<Name extends string>(
  what: string,
  values: Readonly<Record<Name, string | undefined>>,
): Record<Name, string> | null {
  const missing: string[] = [];
  const found: Partial<Record<Name, string>> = {};
  for (const name in values) {
    const value = values[name];
    if (value === undefined) missing.push(name);
    else found[name] = value;
  }
  if (isComplete(found, missing)) return found;
  if (missing.length === Object.keys(values).length) return null;
  throw new UsageError(
    `${what} is configured in part: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    {
      remedy: `Set ${missing.length === 1 ? 'it' : 'them'}, or none of ${Object.keys(values).join(', ')}.`,
    },
  );
}

function isComplete<Name extends string>(
  _found: Partial<Record<Name, string>>,
  missing: readonly string[],
): _found is Record<Name, string> {
  return missing.length === 0;
}
