import { cloudRunner, legacyCloudRunner, type AccessToken, type Range } from './access-tokens.js';

export interface Replacement {
  readonly accessToken: AccessToken;
  readonly nxCloudId: string;
}

export interface Edit extends Range {
  readonly content: string;
}

/**
 * Puts ids in the place of access tokens. Only the key string, the value string and the runner string
 * `"@nrwl/nx-cloud"` of the same entry are replaced; every other character of the text stays. (`modify()` of
 * jsonc-parser would take the comment behind the previous property with it and format the neighbors anew.)
 */
export function rewriteNxJson(text: string, replacements: readonly Replacement[]): { text: string; edits: Edit[] } {
  const edits = replacements.flatMap(editsFor).sort((a, b) => a.offset - b.offset);
  return { text: applyEdits(text, edits), edits };
}

/** The edits must be in the order of the text and must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let end = 0;
  for (const { offset, length, content } of edits) {
    result += text.slice(end, offset) + content;
    end = offset + length;
  }
  return result + text.slice(end);
}

function editsFor({ accessToken: { key, value, runner }, nxCloudId }: Replacement): Edit[] {
  const edits = [
    { ...key, content: '"nxCloudId"' },
    { ...value, content: JSON.stringify(nxCloudId) },
  ];
  // The old package does not know ids; the entry's runner is replaced with its token (nx-protocol.md §2).
  if (runner?.name === legacyCloudRunner) edits.push({ ...runner.range, content: JSON.stringify(cloudRunner) });
  return edits;
}
