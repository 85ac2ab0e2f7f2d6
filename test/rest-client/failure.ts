import { expect } from 'vitest';
import { UserError } from '../../src/errors.js';
import { recordOutput } from '../support/ledger.js';

/**
 * The error of something that must fail the way a person can read: a `UserError` of one line, which ends as a sentence
 * ends, with a remedy, and nothing in it that a terminal would obey.
 */
export async function failure(attempt: Promise<unknown>): Promise<UserError> {
  const error = await attempt.then(
    () => expect.fail('It was expected to fail, and did not.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  recordOutput('an error message', `${error.message}\n${error.remedy ?? ''}\n`);
  expect(error.message).toMatch(/^\P{Cc}+[.?…]$/u);
  expect(error.remedy).toMatch(/^\P{Cc}+$/u);
  expect(error.message).not.toMatch(/undefined|\[object|\bat .*:\d+:\d+/);
  return error;
}
