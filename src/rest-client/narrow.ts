import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import { UnexpectedAnswer } from './errors.js';
import { printable } from './printable.js';

/**
 * Hand-written narrowing of what a server sent. A schema library would cost more to load than the whole client. Each
 * reader gets a value and where it stands (`user.name`), and throws a `WrongShape`, which `narrowed` turns into a
 * sentence with the server's name.
 */
export class WrongShape extends Error {}

/** @throws {UnexpectedAnswer} when `read` finds the wrong shape; `what` is named in the sentence: "who you are" */
export function narrowed<T>(serverUrl: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongShape)) throw error;
    throw new UnexpectedAnswer(`${serverUrl} was asked for ${what}, and its answer makes no sense: ${error.message}.`, {
      remedy: 'Check that this is an nxkey server; if it is, update the older of the two, server or CLI.',
    });
  }
}

export function object(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new WrongShape(`${at} is not an object`);
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text for people, made printable and at most `max` characters long; may be empty. */
export function text(value: unknown, at: string, max = 500): string {
  if (typeof value !== 'string') throw new WrongShape(`${at} is not a string`);
  return printable(value, max);
}

/** An identifier, a code, a token: taken as it is, or not at all. Visible ASCII, 1 to `max` characters. */
export function identifier(value: unknown, at: string, max = 4096): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value) || value.length > max) {
    throw new WrongShape(`${at} is not a string of visible characters`);
  }
  return value;
}

/** An identifier that becomes a part of a path, where `..` would lead somewhere else. */
export function pathSegment(value: unknown, at: string): string {
  const segment = identifier(value, at, 200);
  if (segment === '.' || segment === '..') throw new WrongShape(`${at} is not an identifier`);
  return segment;
}

/** `convert-to-nx-cloud-id` writes it into nx.json, so nothing but an id may pass. */
export function nxCloudId(value: unknown, at: string): string {
  if (typeof value !== 'string' || !isNxCloudId(value)) throw new WrongShape(`${at} is not an id of 24 characters`);
  return value;
}

/** ISO 8601 in UTC, as in `wire-types.ts`. */
export function timestamp(value: unknown, at: string): string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value)) {
    throw new WrongShape(`${at} is not a UTC timestamp`);
  }
  return value;
}

export function number(value: unknown, at: string): number {
  if (typeof value !== 'number') throw new WrongShape(`${at} is not a number`);
  return value;
}

/** How many there are: a whole number, not negative. */
export function count(value: unknown, at: string): number {
  if (!Number.isSafeInteger(value) || number(value, at) < 0) throw new WrongShape(`${at} is not a count`);
  return number(value, at);
}

export function flag(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') throw new WrongShape(`${at} is neither true nor false`);
  return value;
}

export function oneOf<const T extends string>(value: unknown, at: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new WrongShape(`${at} is none of ${allowed.join(', ')}`);
  return found;
}

export function list<T>(value: unknown, at: string, read: (element: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) throw new WrongShape(`${at} is not a list`);
  return value.map((element: unknown, index) => read(element, `${at}[${index}]`));
}

export function nullable<T>(value: unknown, at: string, read: (value: unknown, at: string) => T): T | null {
  return value === null ? null : read(value, at);
}
