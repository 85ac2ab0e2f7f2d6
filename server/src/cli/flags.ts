import { InvalidArgumentError, Option } from 'commander';
import { parsePublicUrl } from '../config.js';
import { displayNameForm, emailForm, slugForm, type NameForm } from '../domain/names.js';

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

export function organizationFlag(): Option {
  return new Option('--org <slug>', 'the organization').argParser(slug).makeOptionMandatory();
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

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** @returns milliseconds of `30m`, `24h`, `90d` or `2w` */
export function duration(text: string): number {
  return durationUpTo(Infinity)(text);
}

/** @param max milliseconds */
export function durationUpTo(max: number): (text: string) => number {
  return (text) => {
    const [, number = '', unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
    const milliseconds = Number(number) * (unitMs[unit] ?? 0);
    if (milliseconds === 0)
      throw new InvalidArgumentError('It has to be a length of time such as 30m, 24h, 90d or 2w.');
    if (milliseconds > max) throw new InvalidArgumentError(`It may be at most ${max / 86_400_000}d.`);
    return milliseconds;
  };
}

export const email = named(emailForm);
export const displayName = named(displayNameForm);
export const slug = named(slugForm);

function named({ matches, rule }: NameForm): (text: string) => string {
  return (text) => {
    const trimmed = text.trim();
    if (!matches(trimmed)) throw new InvalidArgumentError(`It ${rule}.`);
    return trimmed;
  };
}
