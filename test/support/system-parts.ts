import { describe, it } from 'vitest';

/**
 * `describe` for a suite that needs a part of the system (a keychain, a browser). Where the part is missing the suite
 * says what to install and skips; with `CI=true` it fails instead, so that nothing is skipped unseen there.
 */
export function describeWith(
  part: { name: string; present: boolean; install: string },
  title: string,
  suite: () => void,
): void {
  if (part.present) {
    describe(title, suite);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it(`has ${part.name}`, () => {
        throw new Error(`${part.name} is missing, and with CI=true no suite is skipped. Install it: ${part.install}`);
      });
    });
  } else {
    describe.skip(`${title} (skipped: needs ${part.name}; ${part.install})`, suite);
  }
}
