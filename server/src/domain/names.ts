/** Forms that names have to have, wherever they come from: a flag, or a field of a request. */

export interface NameForm {
  /** Follows the name of the flag or field: "has to be …". */
  readonly rule: string;
  matches: (text: string) => boolean;
}

export const slugForm: NameForm = {
  rule: 'has to be 1 to 40 lower-case letters, digits and dashes, such as acme',
  matches: (text) => /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text),
};

/** Of an organization, a workspace, a token or a person; people read it, so nothing in it may be unseen. */
export const displayNameForm: NameForm = {
  rule: 'has to be 1 to 100 characters that can be shown',
  matches: (text) =>
    text.trim() === text && text !== '' && text.length <= 100 && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text),
};

export const emailForm: NameForm = {
  rule: 'has to be an e-mail address',
  matches: (text) => text.length <= 254 && /^[^\s@<>"\p{Cc}\p{Cf}\p{Cs}]+@[^\s@<>"\p{Cc}\p{Cf}\p{Cs}]+$/u.test(text),
};

/** As addresses are kept and compared. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}
