import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { anyNxJson } from './any-nx-json.js';
import { convertText } from './convert-text.js';
import { convertedValue, valueOf } from './rewriter-properties.js';

describe('any nx.json', () => {
  it('is converted at its tokens and nowhere else', () => {
    let withTokens = 0;
    fc.assert(
      fc.property(anyNxJson(), ({ before, after, tokens }) => {
        if (tokens.length > 0) withTokens++;
        const converted = convertText(before);
        expect(converted.text).toBe(after);
        expect(converted.tokens).toEqual(tokens);
      }),
      { numRuns: 300 },
    );
    expect(withTokens).toBeGreaterThan(60);
  });

  it('has the same characters outside the edits, in the same order', () => {
    fc.assert(
      fc.property(anyNxJson(), ({ before }) => {
        const { text, edits } = convertText(before);
        let [from, to] = [0, 0];
        for (const { offset, length, content } of edits) {
          expect(text.slice(to, to + offset - from)).toBe(before.slice(from, offset));
          to += offset - from + content.length;
          from = offset + length;
        }
        expect(text.slice(to)).toBe(before.slice(from));
      }),
    );
  });

  it('differs, once parsed, only in the keys that shall differ', () => {
    fc.assert(
      fc.property(anyNxJson(), ({ before }) => {
        expect(valueOf(convertText(before).text)).toEqual(convertedValue(valueOf(before)));
      }),
    );
  });

  it('is not changed by a second conversion', () => {
    fc.assert(
      fc.property(anyNxJson(), ({ before }) => {
        const once = convertText(before).text;
        expect(convertText(once)).toEqual({ text: once, edits: [], tokens: [] });
      }),
    );
  });
});

it('takes every object that JSON.parse takes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(parseNxJson(JSON.stringify(value, null, 2)).root.type).toBe('object');
    }),
  );
});
