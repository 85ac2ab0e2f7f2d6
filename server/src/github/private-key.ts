import { createPrivateKey, type KeyObject } from 'node:crypto';
import { UsageError } from '../errors.js';

/**
 * A GitHub App's key in the form that signing needs (PKCS#8). GitHub gives out PKCS#1; and where only one line fits,
 * people write its line breaks as `\n`.
 * @throws {UsageError} when it is no RSA key; nothing of it is in the message
 */
export function readPrivateKey(text: string): string {
  const key = parse(text.replaceAll('\\n', '\n').trim());
  if (key?.asymmetricKeyType !== 'rsa') {
    throw new UsageError(
      'The private key of the GitHub App cannot be read: it is no RSA key in PEM without a password.',
      {
        remedy:
          'Give the whole .pem file that GitHub offers under "Private keys" of the App, best with ' +
          'NXKEY_GITHUB_PRIVATE_KEY_FILE=<path>.',
      },
    );
  }
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function parse(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
