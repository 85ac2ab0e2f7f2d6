import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { convertText, idOfUnknownToken } from './convert-text.js';
import { checkConversion, surroundings } from './rewriter-properties.js';

/**
 * nx.json files of public repositories, their tokens replaced by synthetic ones. They are other people's files and not
 * part of this repository; where the folder does not stand beside it, also on a CI, this suite has nothing to read.
 */
const folder = join(import.meta.dirname, '../../../shared/corpus/nx-json');

/** Where the token of each stands. The other files of the folder have none. */
const places: Record<string, string[]> = {
  '002-TanStack-query.json': ['nxCloudAccessToken'],
  '004-Shopify-cli.json': ['nxCloudAccessToken'],
  '009-taiga-family-taiga-ui.json': ['nxCloudAccessToken'],
  '014-Energinet-DataHub-greenforce-frontend.json': ['tasksRunnerOptions', 'default', 'options', 'accessToken'],
  '016-ethereum-optimism-optimism.json': ['tasksRunnerOptions', 'default', 'options', 'accessToken'],
  '019-cypress-io-cypress.json': ['tasksRunnerOptions', 'default', 'options', 'accessToken'],
  '022-wso2-samples-is.json': ['tasksRunnerOptions', 'default', 'options', 'accessToken'],
  '034-BHelpful-MomentMeal.json': ['tasksRunnerOptions', 'local', 'options', 'accessToken'],
};

const present = existsSync(folder);
const names = present
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : [`(skipped: real files do not ship; looked for in ${folder})`];

describe.skipIf(!present).each(names)('the real nx.json %s', (name) => {
  const path = places[name];
  const read = () => readFileSync(join(folder, name), 'utf8');

  it(
    path === undefined ? 'has no token and stays as it is' : 'changes only on the lines of its token and runner',
    () => {
      const text = read();
      const converted = convertText(text);
      for (const token of converted.tokens) recordToken(token);
      expect(converted.tokens).toHaveLength(path === undefined ? 0 : 1);

      const before = text.split('\n');
      const after = converted.text.split('\n');
      expect(after).toHaveLength(before.length);
      const changed = before.filter((line, index) => line !== after[index]);
      const expected = before.filter(
        (line) =>
          path !== undefined && (/[aA]ccessToken"\s*:/.test(line) || /"runner"\s*:\s*"@nrwl\/nx-cloud"/.test(line)),
      );
      expect(changed).toEqual(expected);
    },
  );

  it('differs, once parsed, only in the keys that shall differ', () => {
    const text = read();
    const value: unknown = parse(convertText(text).text);
    const expected = parse(text, [], { allowTrailingComma: true }) as Record<string, unknown>;
    if (path !== undefined) convertValue(expected, path);
    expect(value).toEqual(expected);
  });

  it('is converted for every Nx as that one reads it', () => {
    for (const around of surroundings) checkConversion(read(), around);
  });

  it('is not changed by a second conversion', () => {
    const once = convertText(read()).text;
    expect(convertText(once)).toEqual({ text: once, edits: [], tokens: [] });
  });
});

/** The same conversion on the parsed value. */
function convertValue(root: Record<string, unknown>, path: string[]): void {
  const owners = [root];
  for (const name of path.slice(0, -1)) owners.unshift(owners[0]?.[name] as Record<string, unknown>);
  const [options = {}, entry] = owners;
  const token = path.at(-1) ?? '';
  expect(options[token]).toEqual(expect.any(String));
  Reflect.deleteProperty(options, token);
  options['nxCloudId'] = idOfUnknownToken;
  if (entry?.['runner'] === '@nrwl/nx-cloud') entry['runner'] = 'nx-cloud';
}
