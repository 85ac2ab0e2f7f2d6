import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyBytes, nxJsonOf } from './any-nx-json.js';
import { convertText } from './convert-text.js';
import { inputs } from './fuzz-rounds.js';
import { checkConversion, surroundings } from './rewriter-properties.js';

const { numRuns, timeout } = inputs(25_000);

it(
  `any of ${numRuns} nx.json is converted, for any Nx, to the value intended, with all its comments`,
  { timeout },
  () => {
    let withTokens = 0;
    fc.assert(
      fc.property(anyBytes(), fc.nat(), (bytes, number) => {
        const { before, after, tokens } = nxJsonOf(bytes);
        if (tokens.length > 0) withTokens++;
        if (number % 4 > 0) {
          checkConversion(before, surroundings[number % surroundings.length] ?? {});
          return;
        }
        const converted = convertText(before);
        if (converted.text !== after) throw new Error('Another character than those of the token has changed.');
        if (converted.tokens.join() !== tokens.join()) throw new Error('Not the tokens that were put in were found.');
      }),
      { numRuns },
    );
    expect(withTokens).toBeGreaterThan(numRuns / 4);
  },
);
