import { randomText } from './secrets.js';

/**
 * What a person types (RFC 8628 §6.1): eight letters of which no two look alike and which spell no words, shown as
 * `WDJB-MJHT`. 20^8 codes, of which only a few live at a time; what makes guessing hopeless is the limit on wrong ones.
 */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;
const pattern = new RegExp(`^[${alphabet}]{${length}}$`);

export function newUserCode(): string {
  return randomText(alphabet, length);
}

export function formatUserCode(userCode: string): string {
  return `${userCode.slice(0, 4)}-${userCode.slice(4)}`;
}

/** The code as it is kept, from what a person typed: case, dashes and spaces do not matter. `null`: no code at all. */
export function parseUserCode(text: string): string | null {
  const letters = text.replace(/[\s\p{Dash}]/gu, '').toUpperCase();
  return pattern.test(letters) ? letters : null;
}
