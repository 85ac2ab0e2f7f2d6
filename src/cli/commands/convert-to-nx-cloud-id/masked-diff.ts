import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { applyEdits, type Replacement } from '../../../nx-workspace/rewrite.js';
import { maskTokensInText } from '../../../protocol/token-search.js';
import { maskToken } from '../../../protocol/tokens.js';

/**
 * What changes in nx.json, as a unified diff. It is for reading and not for `patch`: each token
 * is masked, the replaced ones (however they are written) and those in the lines around.
 */
export function maskedDiff(before: string, after: string, replacements: readonly Replacement[]): string {
  const masks = replacements.map(({ accessToken: { token, value } }) => ({
    ...value,
    content: JSON.stringify(maskToken(token)),
  }));
  const shown = maskTokensInText(applyEdits(before, masks));
  return createTwoFilesPatch('nx.json', 'nx.json', shown, maskTokensInText(after), 'before', 'after', {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
