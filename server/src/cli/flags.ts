import { InvalidArgumentError, Option } from 'commander';
import { parsePublicUrl } from '../config.js';

/** Flags that several commands share, and the forms they have to have. */

export function dataFlag(): Option {
  return new Option('--data <folder>', 'the data folder').makeOptionMandatory();
}

export function jsonFlag(): Option {
  return new Option('--json', 'print the result as JSON').default(false);
}

export function workspaceFlag(): Option {
  return new Option('--workspace <nxCloudId>', 'the workspace, by its nxCloudId').makeOptionMandatory();
}

export function publicUrlFlag(description: string): Option {
  return new Option('--public-url <url>', description).argParser((text) => {
    const result = parsePublicUrl(text);
    if (!result.ok) throw new InvalidArgumentError(`${result.reason}.`);
    return result.url;
  });
}

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

export function email(text: string): string {
  const trimmed = text.trim();
  if (!/^[^\s@<>"]+@[^\s@<>"]+$/.test(trimmed) || trimmed.length > 254) {
    throw new InvalidArgumentError('It is no e-mail address.');
  }
  return trimmed;
}

export function displayName(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 100 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(trimmed)) {
    throw new InvalidArgumentError('It has to be 1 to 100 characters that can be shown.');
  }
  return trimmed;
}

export function slug(text: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('It has to be 1 to 40 lower-case letters, digits and dashes, such as acme.');
  }
  return text;
}
