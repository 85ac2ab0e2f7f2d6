import { expect } from 'vitest';
import { StorageUnavailable } from '../../src/credentials/credential-store.js';
import { recordOutput } from '../support/ledger.js';

/** The refusal that an operation ends with. Its texts are what a person sees, so the suite's token search gets them. */
export async function refusalOf(operation: Promise<unknown>): Promise<{ message: string; remedy: string }> {
  const error: unknown = await operation.then(
    () => expect.fail('the operation was expected to be refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StorageUnavailable)) throw error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    recordOutput('refusal', `${cause.message}\n${cause.stack ?? ''}`);
  }
  expect(error.message).toMatch(/^[A-Z/].*\.$/s);
  return { message: error.message, remedy: error.remedy ?? expect.fail('every refusal has a remedy') };
}
