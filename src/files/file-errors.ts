import { dirname } from 'node:path';
import { UserError } from '../errors.js';

/** The file is as it was before, or was not made. */
export class FileNotWritten extends UserError {}

/** It is there, and was not read for what it is. */
export class FileNotRead extends UserError {}

/** `ENOENT` and the like, of whatever was thrown. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What the system's refusal to write a file means for a person. */
export function refusal(path: string, error: unknown): FileNotWritten {
  const code = errorCode(error);
  const { reason, remedy } = reasons(path, code) ?? {
    reason: error instanceof Error ? error.message : 'the system gave no reason',
    remedy: undefined,
  };
  const options = remedy === undefined ? { cause: error } : { cause: error, remedy };
  return new FileNotWritten(`${path} could not be written: ${reason}.`, options);
}

function reasons(path: string, code: string | undefined): { reason: string; remedy: string } | undefined {
  const folder = dirname(path);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        reason: 'you have no permission to write the file or to create files in its folder',
        remedy: `Check the permissions: ls -ld '${folder}' '${path}'`,
      };
    case 'EROFS':
      return { reason: 'the file system is read-only', remedy: `Mount it writable, or work on a copy of ${folder}.` };
    case 'ENOSPC':
    case 'EDQUOT':
      return { reason: 'the disk is full', remedy: 'Free some space, then run the command again.' };
    case 'ENOENT':
      return { reason: 'its folder does not exist', remedy: `Create it: mkdir -p '${folder}'` };
    case 'ENOTDIR':
      return { reason: 'a part of the path is a file, not a folder', remedy: 'Give another path.' };
    case 'EISDIR':
      return { reason: 'it is a folder', remedy: 'Give the path of a file.' };
    case 'EEXIST':
      return { reason: 'it already exists', remedy: 'Give the path of a new file, or remove that one first.' };
    case 'EBUSY':
      return { reason: 'another program is using it', remedy: 'Close that program, then run the command again.' };
    default:
      return undefined;
  }
}
