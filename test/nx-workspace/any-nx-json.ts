import fc from 'fast-check';
import { ciToken, idOf, readToken, readWriteToken } from './convert-text.js';

/** Generated JSON with comments: as it is, and as it shall be after a conversion that knows no version of Nx. */
export interface AnyNxJson {
  before: string;
  after: string;
  tokens: string[];
}

/**
 * Any nx.json: tokens in none, some or all of their places, among whatever else JSON with comments may be, laid out as
 * formatters do or in no way at all. Keys repeat where they do not matter, names of tokens stand where they mean nothing.
 *
 * What fast-check draws is the bytes that all decisions are taken from, which is thirty times as fast as a tree of its
 * arbitraries, and still shrinks: fewer and smaller bytes make a simpler text.
 */
export function anyNxJson(): fc.Arbitrary<AnyNxJson> {
  return anyBytes().map(nxJsonOf);
}

export function anyBytes(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: 400, size: 'max' });
}

export function nxJsonOf(bytes: Uint8Array): AnyNxJson {
  const writer = new Writer(bytes);
  writer.document(() => {
    const members = writer.others(['nxCloudAccessToken', 'nxCloudId', 'tasksRunnerOptions']);
    if (writer.dice.oneIn(2))
      members.push(() => {
        token(writer, 'nxCloudAccessToken');
      });
    if (writer.dice.oneIn(2))
      members.push(() => {
        writer.member('tasksRunnerOptions', () => {
          runners(writer);
        });
      });
    return members;
  });
  return { before: writer.before, after: writer.after, tokens: writer.tokens };
}

/** Any package.json, with the four kinds of dependencies, sorted or not, and other things of the same names. */
export function packageJsonOf(bytes: Uint8Array): string {
  const writer = new Writer(bytes);
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  writer.document(() => {
    const members = writer.others(kinds);
    for (const kind of kinds) {
      if (!writer.dice.oneIn(2)) continue;
      members.push(() => {
        writer.member(kind, () => {
          const names = packages.filter(() => writer.dice.oneIn(2));
          if (writer.dice.oneIn(4)) names.reverse();
          writer.object(
            names.map((name) => () => {
              writer.member(name, () => {
                writer.text('^1.0.0');
              });
            }),
            'in order',
          );
        });
      });
    }
    return members;
  });
  return writer.before;
}

const packages = ['@nx/js', '@zone/a', 'nx', 'nx-cloud', 'nx-z', 'typescript'];

function runners(writer: Writer): void {
  const { dice } = writer;
  const names = runnerNames.filter((_, index) => dice.oneIn(index === 0 ? 2 : 6)).slice(0, 3);
  writer.object(
    names.map((name) => () => {
      writer.member(name, () => {
        if (dice.oneIn(8)) writer.scalar();
        else runnerEntry(writer);
      });
    }),
  );
}

const runnerNames = ['default', 'cloud', '', 'ci "2"', '\u{1F680}', 'options', 'accessToken', '__proto__'];

function runnerEntry(writer: Writer): void {
  const { dice } = writer;
  const hasToken = dice.oneIn(3);
  const runner = dice.pick([undefined, '"nx-cloud"', '"@nrwl/nx-cloud"', '"./our-runner"', 'null', '""']);
  const members = writer.others(['runner', 'options'], 2);
  if (hasToken || dice.oneIn(2))
    members.push(() => {
      writer.member('options', () => {
        runnerOptions(writer, hasToken);
      });
    });
  if (runner !== undefined) {
    // Without a token the entry is left alone, whatever its runner.
    const after = hasToken && runner === '"@nrwl/nx-cloud"' ? '"nx-cloud"' : runner;
    members.push(() => {
      writer.member('runner', () => {
        writer.put(runner, after);
      });
    });
  }
  writer.object(members);
}

function runnerOptions(writer: Writer, hasToken: boolean): void {
  const members = writer.others(['accessToken', 'nxCloudId'], 3);
  if (hasToken)
    members.push(() => {
      token(writer, 'accessToken');
    });
  writer.object(members);
}

function token(writer: Writer, name: string): void {
  const value = writer.dice.pick([readWriteToken, readToken, ciToken]);
  writer.put(writer.written(name), '"nxCloudId"');
  writer.colon();
  writer.put(writer.written(value), `"${idOf[value] ?? ''}"`);
  writer.tokens.push(value);
}

/** Decisions, one for each byte. When there are no more bytes, every decision is for the first choice. */
class Dice {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  below(count: number): number {
    return (this.#bytes[this.#next++] ?? 0) % count;
  }

  /** Never without bytes. */
  oneIn(count: number): boolean {
    return this.below(count) === count - 1;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

type Layout = { kind: 'lines'; unit: string; lineEnd: string } | { kind: 'line'; space: string } | { kind: 'any' };

const layouts: readonly [Layout, ...Layout[]] = [
  { kind: 'lines', unit: '  ', lineEnd: '\n' },
  { kind: 'lines', unit: '\t', lineEnd: '\n' },
  { kind: 'lines', unit: '    ', lineEnd: '\r\n' },
  { kind: 'line', space: ' ' },
  { kind: 'line', space: '' },
  { kind: 'any' },
  { kind: 'any' },
];

/** Writes two texts at once, the one before and the one after. */
class Writer {
  readonly dice: Dice;
  readonly tokens: string[] = [];
  before = '';
  after = '';
  readonly #layout: Layout;
  readonly #hasComments: boolean;
  readonly #hasLastCommas: boolean;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.dice = new Dice(bytes);
    this.#layout = this.dice.pick(layouts);
    this.#hasComments = this.dice.oneIn(2);
    this.#hasLastCommas = this.dice.oneIn(3);
  }

  put(before: string, after = before): void {
    this.before += before;
    this.after += after;
  }

  document(members: () => (() => void)[]): void {
    this.put(this.dice.pick(['', '', '', '\uFEFF']));
    this.#gap('');
    this.object(members());
    this.#gap(this.#layout.kind === 'lines' ? this.#layout.lineEnd : '');
  }

  object(members: (() => void)[], order?: 'in order'): void {
    this.#enclosed('{', order === undefined ? this.#shuffled(members) : members, '}');
  }

  member(name: string, value: () => void): void {
    this.put(this.written(name));
    this.colon();
    value();
  }

  colon(): void {
    this.#gap('');
    this.put(':');
    this.#gap(this.#layout.kind === 'line' ? this.#layout.space : ' ');
  }

  /** Any members but those of certain names. */
  others(except: readonly string[], most = 4): (() => void)[] {
    return Array.from({ length: this.dice.below(most + 1) }, () => {
      const name = this.#anyName();
      return () => {
        this.member(except.includes(name) ? `${name}_` : name, () => {
          this.#anyValue();
        });
      };
    });
  }

  text(text: string): void {
    this.put(this.written(text));
  }

  scalar(): void {
    if (this.dice.oneIn(2)) this.text(this.#anyText());
    else this.put(this.dice.pick(['true', 'false', 'null', '0', '-1', '1.5e3', '""']));
  }

  /** A string as JSON may write it: sometimes with characters as escapes that need not be. */
  written(text: string): string {
    if (!this.dice.oneIn(4)) return JSON.stringify(text);
    const units = text.split('').map((unit) => {
      if (unit === '/' && this.dice.oneIn(2)) return '\\/';
      if (this.dice.oneIn(6)) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join('')}"`;
  }

  /** Scalars, arrays and objects; in there every name may be, also twice. */
  #anyValue(): void {
    const kind = this.#depth > 4 ? 0 : this.dice.below(4);
    const count = kind < 2 ? 0 : this.dice.below(4);
    if (kind < 2) this.scalar();
    else if (kind === 2)
      this.#enclosed(
        '[',
        this.#times(count, () => {
          this.#anyValue();
        }),
        ']',
      );
    else
      this.object(
        this.#times(count, () => {
          this.member(this.#anyName(), () => {
            this.#anyValue();
          });
        }),
      );
  }

  #times(count: number, write: () => void): (() => void)[] {
    return Array.from({ length: count }, () => write);
  }

  #anyName(): string {
    return this.dice.oneIn(3) ? this.#anyText() : this.dice.pick(knownNames);
  }

  #anyText(): string {
    return Array.from({ length: this.dice.below(5) }, () => this.dice.pick(difficultTexts)).join('');
  }

  #enclosed(open: string, elements: (() => void)[], close: string): void {
    const indented = (depth: number) =>
      this.#layout.kind === 'lines' && elements.length > 0
        ? this.#layout.lineEnd + this.#layout.unit.repeat(depth)
        : '';
    const space = this.#layout.kind === 'line' ? this.#layout.space : '';
    this.put(open);
    this.#depth++;
    for (const [index, write] of elements.entries()) {
      this.#gap(indented(this.#depth) || space);
      write();
      this.#gap('');
      if (index < elements.length - 1 || this.#hasLastCommas) this.put(',');
    }
    this.#depth--;
    this.#gap(indented(this.#depth) || space);
    this.put(close);
  }

  /** White space as the layout has it, with a comment before it or behind it now and then. */
  #gap(usual: string): void {
    const space =
      this.#layout.kind === 'any' ? this.dice.pick(['', ' ', '\n', '\r\n', '\t', '  ', '\r', '\n\n  ']) : usual;
    if (!this.#hasComments || !this.dice.oneIn(8)) {
      this.put(space);
      return;
    }
    const text = this.dice.pick(commentTexts);
    if (this.dice.oneIn(2)) this.put(`${space}/*${text}*/${this.dice.pick(['', ' '])}`);
    else this.put(` //${text}${/[\r\n]/.test(space) ? space : `${this.#lineEnd()}${space}`}`);
  }

  #lineEnd(): string {
    return this.#layout.kind === 'lines' ? this.#layout.lineEnd : this.dice.pick(['\n', '\r\n', '\r']);
  }

  #shuffled<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last--) {
      const other = last - this.dice.below(last + 1);
      const [a, b] = [list[last], list[other]];
      if (a !== undefined && b !== undefined) [list[last], list[other]] = [b, a];
    }
    return list;
  }
}

const knownNames: readonly [string, ...string[]] = [
  'parallel',
  'nxCloudAccessToken',
  'accessToken',
  'nxCloudId',
  'options',
  'runner',
  'tasksRunnerOptions',
  'nxCloudUrl',
  'nxCloudEncryptionKey',
  'url',
  'extends',
  '//',
  '',
  '__proto__',
];

const difficultTexts: readonly [string, ...string[]] = [
  'a',
  'https://x',
  '/*',
  '*/',
  '//',
  '"',
  '\\',
  '{',
  '}',
  ',',
  ':',
  '\n',
  '\t',
  '\u0000',
  '\u2028',
  '\u{1F680}',
  '\uD800',
  '\uFEFF',
  'é',
];

const commentTexts: readonly [string, ...string[]] = [
  ' c ',
  '',
  ` "nxCloudAccessToken": "${readToken}",`,
  '"',
  '{',
  '}',
  ',',
  '\u{1F680}',
  '\\',
  '//',
  '/*',
];
