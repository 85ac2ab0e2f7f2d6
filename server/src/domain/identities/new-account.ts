import { displayNameForm, emailForm, normalizeEmail } from '../names.js';
import { hashSecret } from '../secrets.js';
import type { ProvenIdentity } from './provider.js';

/** How an account made from a proven identity is called. Whatever a provider says has whatever form. */

/** What is shown of an identity, here and in the audit log: no unseen characters, and not without end. */
export function labelOf({ label, subject }: Pick<ProvenIdentity, 'label' | 'subject'>): string {
  const shown = withoutUnseen(label).slice(0, 254);
  return shown === '' ? withoutUnseen(subject).slice(0, 254) : shown;
}

export function displayNameOf(proven: ProvenIdentity): string {
  const candidates = [proven.name, labelOf(proven)].map((name) =>
    withoutUnseen(name ?? '')
      .slice(0, 100)
      .trim(),
  );
  return candidates.find((name) => displayNameForm.matches(name)) ?? 'New member';
}

/**
 * The account's e-mail address. One that the provider has not made sure of would let people take the name of others, and
 * so what these are invited to: instead it is one that nobody can have (for GitHub, the one it gives them itself).
 */
export function addressOf({ email, issuer, subject, label }: ProvenIdentity): string {
  const verified = email === null ? '' : normalizeEmail(email);
  if (emailForm.matches(verified)) return verified;
  const { hostname } = new URL(issuer);
  const host = `users.noreply.${hostname}`;
  const readable = normalizeEmail(/^\d+$/.test(subject) ? `${subject}+${label}@${host}` : `${subject}@${host}`);
  return emailForm.matches(readable) ? readable : `${hashSecret(subject).slice(0, 32)}@${host}`;
}

function withoutUnseen(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
}
