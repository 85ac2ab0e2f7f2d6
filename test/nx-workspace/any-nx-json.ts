import fc from 'fast-check';
import { ciToken, idOf, readToken, readWriteToken } from './convert-text.js';

/** Generated JSON with comments: as it is, and as it shall be after the conversion. */
export interface AnyNxJson {
  before: string;
  after: string;
  tokens: string[];
}

/** A piece of text that the conversion leaves alone, or the one before it and the one after. */
type Piece = string | { before: string; after: string; token?: string };

/**
 * Any nx.json: tokens in none, some or all of their places, among whatever else JSON with comments may be. Keys repeat
 * where they do not matter, names of tokens stand where they mean nothing.
 */
export function anyNxJson(): fc.Arbitrary<AnyNxJson> {
  const root = object(
    fc
      .record({
        others: fc.array(member(anyName(['nxCloudAccessToken', 'nxCloudId', 'tasksRunnerOptions']), anyValue()), {
          maxLength: 4,
        }),
        token: fc.option(tokenMember('nxCloudAccessToken'), { nil: undefined }),
        runners: fc.option(member(written('tasksRunnerOptions'), runnerEntries()), { nil: undefined }),
      })
      .chain(({ others, token, runners }) => shuffled([...others, token, runners])),
  );
  return fc.record({ mark: fc.constantFrom('', '\uFEFF'), first: trivia(), root, last: trivia() }).map((parts) => {
    const pieces = [parts.mark, parts.first, ...parts.root, parts.last];
    return {
      before: pieces.map((piece) => (typeof piece === 'string' ? piece : piece.before)).join(''),
      after: pieces.map((piece) => (typeof piece === 'string' ? piece : piece.after)).join(''),
      tokens: pieces.flatMap((piece) => (typeof piece === 'string' || piece.token === undefined ? [] : [piece.token])),
    };
  });
}

function runnerEntries(): fc.Arbitrary<Piece[]> {
  const names = fc.uniqueArray(
    fc.constantFrom('default', 'cloud', '', 'ci "2"', '\u{1F680}', 'options', 'accessToken', '__proto__'),
    {
      maxLength: 3,
    },
  );
  return object(
    names.chain((list) => fc.tuple(...list.map((name) => member(written(name), fc.oneof(runnerEntry(), scalar()))))),
  );
}

function runnerEntry(): fc.Arbitrary<Piece[]> {
  const runner = fc.constantFrom(
    { before: '"@nrwl/nx-cloud"', after: '"nx-cloud"' },
    { before: '"nx-cloud"', after: '"nx-cloud"' },
    { before: '"./our-runner"', after: '"./our-runner"' },
    { before: 'null', after: 'null' },
    undefined,
  );
  const cases = fc.record({ runner, hasToken: fc.boolean() });
  return object(
    cases.chain(({ runner, hasToken }) => {
      const others = fc.array(member(anyName(['runner', 'options']), anyValue()), { maxLength: 2 });
      const options = member(written('options'), runnerOptions(hasToken));
      // Without a token the entry is left alone, whatever its runner.
      const value = runner && (hasToken ? runner : runner.before);
      const runnerMember =
        value === undefined ? fc.constant(undefined) : member(written('runner'), fc.constant([value]));
      return fc.tuple(others, options, runnerMember).chain(([some, one, another]) => shuffled([...some, one, another]));
    }),
  );
}

function runnerOptions(hasToken: boolean): fc.Arbitrary<Piece[]> {
  const others = fc.array(member(anyName(['accessToken', 'nxCloudId']), anyValue()), { maxLength: 3 });
  const token = hasToken ? tokenMember('accessToken') : fc.constant(undefined);
  return object(fc.tuple(others, token).chain(([some, one]) => shuffled([...some, one])));
}

function tokenMember(name: string): fc.Arbitrary<Piece[]> {
  const token = fc.constantFrom(readWriteToken, readToken, ciToken);
  return fc
    .record({ key: written(name), token, gap: gaps() })
    .chain(({ key, token, gap }) =>
      written(token).map((text) => [
        { before: key.join(''), after: '"nxCloudId"' },
        ...gap,
        { before: text.join(''), after: `"${idOf[token] ?? ''}"`, token },
      ]),
    );
}

/** Scalars, arrays and objects; in there every name may be, also twice. */
function anyValue(): fc.Arbitrary<Piece[]> {
  const { value } = fc.letrec<{ value: Piece[]; array: Piece[]; object: Piece[] }>((tie) => ({
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar(), tie('array'), tie('object')),
    array: enclosed('[', fc.array(tie('value'), { maxLength: 3 }), ']'),
    object: object(fc.array(member(anyName([]), tie('value')), { maxLength: 3 })),
  }));
  return value;
}

function scalar(): fc.Arbitrary<Piece[]> {
  const literals = fc.constantFrom('true', 'false', 'null', '0', '-1', '1.5e3', '""');
  return fc.oneof(
    literals.map((text) => [text]),
    anyText().chain(written),
  );
}

function anyName(except: string[]): fc.Arbitrary<string[]> {
  const known = [
    'nxCloudAccessToken',
    'accessToken',
    'nxCloudId',
    'options',
    'runner',
    'tasksRunnerOptions',
    '//',
    '',
    '__proto__',
  ];
  return fc
    .oneof(fc.constantFrom(...known), anyText())
    .filter((name) => !except.includes(name))
    .chain(written);
}

function anyText(): fc.Arbitrary<string> {
  const difficult = fc.constantFrom(
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
    '\u2028',
    '\u{1F680}',
    '\uFEFF',
  );
  return fc
    .array(fc.oneof(difficult, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 4 })
    .map((parts) => parts.join(''));
}

/** A string as JSON may write it: any character as an escape. */
function written(text: string): fc.Arbitrary<string[]> {
  return fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 8 }).map((dice) => {
    const units = text.split('').map((unit, index) => {
      if (dice[index % dice.length] === 0) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return unit === '/' && dice[index % dice.length] === 1 ? '\\/' : unit;
    });
    return [`"${units.map((unit) => (unit.length > 1 ? unit : JSON.stringify(unit).slice(1, -1))).join('')}"`];
  });
}

function member(name: fc.Arbitrary<string[]>, value: fc.Arbitrary<Piece[]>): fc.Arbitrary<Piece[]> {
  return fc.tuple(name, gaps(), value).map(([key, gap, content]) => [...key, ...gap, ...content]);
}

function gaps(): fc.Arbitrary<Piece[]> {
  return fc.tuple(trivia(), trivia()).map(([before, after]) => [before, ':', after]);
}

function object(members: fc.Arbitrary<Piece[][]>): fc.Arbitrary<Piece[]> {
  return enclosed('{', members, '}');
}

function enclosed(open: string, elements: fc.Arbitrary<Piece[][]>, close: string): fc.Arbitrary<Piece[]> {
  return elements.chain((list) =>
    fc
      .record({
        space: fc.array(trivia(), { minLength: 2 * list.length + 1, maxLength: 2 * list.length + 1 }),
        comma: fc.boolean(),
      })
      .map(({ space, comma }) => {
        const inner = list.flatMap((element, index): Piece[] => {
          const separator = index < list.length - 1 || comma ? ',' : '';
          return [space[2 * index] ?? '', ...element, space[2 * index + 1] ?? '', separator];
        });
        return [open, ...inner, space.at(-1) ?? '', close];
      }),
  );
}

/** White space and comments between two pieces; most often little. */
function trivia(): fc.Arbitrary<string> {
  const inComment = fc.oneof(
    fc.constantFrom(` "nxCloudAccessToken": "${readToken}"`, '"', '{', '\u{1F680}', '\\'),
    fc.string({ maxLength: 5 }),
  );
  const block = inComment.filter((text) => !text.includes('*/') && !text.endsWith('*')).map((text) => `/*${text}*/`);
  const line = fc
    .tuple(
      inComment.filter((text) => !/[\r\n]/.test(text)),
      fc.constantFrom('\n', '\r\n', '\r'),
    )
    .map(([text, end]) => `//${text}${end}`);
  const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '  ');
  return fc.oneof({ weight: 6, arbitrary: space }, { weight: 1, arbitrary: block }, { weight: 1, arbitrary: line });
}

function shuffled(members: (Piece[] | undefined)[]): fc.Arbitrary<Piece[][]> {
  const present = members.filter((one) => one !== undefined);
  return fc.shuffledSubarray(present, { minLength: present.length });
}
