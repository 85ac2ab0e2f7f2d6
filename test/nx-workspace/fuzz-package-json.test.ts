import fc from 'fast-check';
import { it } from 'vitest';
import { anyBytes, packageJsonOf } from './any-nx-json.js';
import { inputs } from './fuzz-rounds.js';
import { checkPackageJson } from './rewriter-properties.js';

const { numRuns, timeout } = inputs(10_000);

it(`any of ${numRuns} package.json lists the package afterwards, and is else as it was`, { timeout }, () => {
  fc.assert(
    fc.property(anyBytes(), (bytes) => {
      checkPackageJson(packageJsonOf(bytes));
    }),
    { numRuns },
  );
});
