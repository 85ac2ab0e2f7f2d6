import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyBytes, nxJsonOf } from './any-nx-json.js';
import { inputs } from './fuzz-rounds.js';
import { checkDamaged, surroundings } from './rewriter-properties.js';

/** Our own examples, and the real files beside the repository where they are. */
const folders = [join(import.meta.dirname, 'fixtures'), join(import.meta.dirname, '../../../shared/corpus/nx-json')];
const files = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name))));

const { numRuns, timeout } = inputs(15_000);

/** A change of some bytes: cut out, overwritten, or taken from another place of the same file. */
const damage = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 12 }),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '"',
      '{',
      '}',
      ',',
      ':',
      '/*',
      '*/',
      '//',
      '\\',
      '\n',
      '\r',
      '\0',
      ']',
      '[',
      '\uFEFF',
      '\\u0041',
    ),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.record({ from: fc.nat(), size: fc.nat({ max: 200 }) }),
  ),
});

it(`any of ${numRuns} damaged nx.json is refused with a sentence, or converted as well as it was`, { timeout }, () => {
  const counts = { converted: 0, refused: 0 };
  const damages = fc.array(damage, { minLength: 1, maxLength: 3 });
  const source = fc.oneof(
    fc.nat().map((number) => files[number % files.length] ?? Buffer.alloc(0)),
    anyBytes().map((bytes) => Buffer.from(nxJsonOf(bytes).before)),
  );
  fc.assert(
    fc.property(source, damages, fc.nat(), fc.nat(9), (bytes, changes, number, whether) => {
      const cut = whether === 9;
      let content = bytes.toString('latin1');
      for (const { at, length, put } of changes) {
        const offset = at % (content.length + 1);
        const other = typeof put === 'string' ? put : pieceOf(content, put);
        content = cut ? content.slice(0, offset) : content.slice(0, offset) + other + content.slice(offset + length);
      }
      const text = Buffer.from(content, 'latin1').toString('utf8');
      counts[checkDamaged(text, surroundings[number % surroundings.length] ?? {})]++;
    }),
    { numRuns },
  );
  expect(counts.converted).toBeGreaterThan(numRuns / 20);
  expect(counts.refused).toBeGreaterThan(numRuns / 20);
});

function pieceOf(content: string, { from, size }: { from: number; size: number }): string {
  const start = from % (content.length + 1);
  return content.slice(start, start + size);
}
