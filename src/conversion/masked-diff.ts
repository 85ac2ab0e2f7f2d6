import { join } from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { maskTokensInText } from '../protocol/token-search.js';
import { maskToken } from '../protocol/tokens.js';
import { applyEdits } from '../nx-workspace/rewrite.js';
import { printableLines } from '../rest-client/printable.js';
import type { ConversionPlan } from './plan.js';

/**
 * What changes, as a unified diff. It is for reading and not for `patch`: each token is masked, the replaced ones
 * (however they are written) and those in the lines around.
 * @param workspace the path that the names of the files begin with
 */
export function maskedDiff({ changes, tokens, report }: ConversionPlan, workspace = ''): string {
  const diffs = changes.map(({ path, before, after }, index) => {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(before);
    const masks = tokens
      .filter((token) => token.path === path)
      .map(({ accessToken: { token, value } }) => ({ ...value, content: JSON.stringify(maskToken(token)) }));
    const name = join(workspace, report.files[index] ?? path);
    return createTwoFilesPatch(
      name,
      name,
      maskTokensInText(applyEdits(text, masks)),
      maskTokensInText(after),
      'before',
      'after',
      {
        context: 3,
        headerOptions: FILE_HEADERS_ONLY,
      },
    );
  });
  // A comment may hold what a terminal would act on.
  return printableLines(diffs.join(''));
}
