import fc from 'fast-check';
import { parse, type Node, type ParseError } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { parseNxJson, propertiesOf } from '../../src/nx-workspace/nx-json.js';
import { anyNxJson } from './any-nx-json.js';
import { ciToken, convertText, idOf } from './convert-text.js';

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

  it('that was cut off or damaged is refused with a sentence, or is still good JSON afterwards', () => {
    const damage = fc.record({
      at: fc.nat(),
      length: fc.nat({ max: 10 }),
      put: fc.constantFrom('', '"', '{', '}', ',', '/*', '\\', '\n', '\0', ']'),
    });
    fc.assert(
      fc.property(
        anyNxJson(),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        ({ before }, damages, cut) => {
          let text = before;
          for (const { at, length, put } of damages) {
            const offset = at % (text.length + 1);
            text = cut ? text.slice(0, offset) : text.slice(0, offset) + put + text.slice(offset + length);
          }
          const converted = convertedOrRefused(text);
          if (converted === undefined) return;
          const errors: ParseError[] = [];
          parse(converted.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
          expect(errors).toEqual([]);
        },
      ),
      { numRuns: 300 },
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

/** `undefined` when it was refused; whatever else is thrown goes on. */
function convertedOrRefused(text: string): string | undefined {
  try {
    return convertText(text).text;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

type Json = Record<string, unknown>;

/** Not jsonc-parser's own `parse`: it takes a key `"__proto__"` for the prototype, and drops what stands there. */
function valueOf(text: string): Json {
  return asObject(nodeValue(parseNxJson(text).root));
}

function nodeValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(nodeValue);
  if (node.type !== 'object') return node.value;
  const value = Object.create(null) as Json;
  for (const property of propertiesOf(node)) value[property.name] = nodeValue(property.value);
  return value;
}

/** The conversion on parsed JSON: what the text must amount to, found in another way. */
function convertedValue(root: Json): Json {
  rename(root, 'nxCloudAccessToken');
  for (const entry of Object.values(asObject(root['tasksRunnerOptions']))) {
    const { runner, options } = asObject(entry);
    const converted = rename(asObject(options), 'accessToken');
    if (converted && runner === '@nrwl/nx-cloud') asObject(entry)['runner'] = 'nx-cloud';
  }
  return root;
}

function rename(owner: Json, name: string): boolean {
  if (!Object.hasOwn(owner, name)) return false;
  owner['nxCloudId'] = idOf[String(owner[name])] ?? idOf[ciToken];
  Reflect.deleteProperty(owner, name);
  return true;
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
