import { join } from 'node:path';
import type { CredentialStore } from './credential-store.js';
import { damaged, privateFile } from './private-file.js';
import { formatVersioned, isRecord, parseVersioned } from './versioned-json.js';

/**
 * Tokens in plain text in `credentials.json`: `{ "version": 1, "tokens": { "<serverUrl>": "<token>" } }`, mode 0600 in
 * a 0700 folder. A file that others can read is refused, one that is not understood is never overwritten. An empty token
 * is none.
 */
export function createFileStore(options: { folder: string; platform: NodeJS.Platform }): CredentialStore {
  const file = privateFile({
    path: join(options.folder, 'credentials.json'),
    platform: options.platform,
    refusedModeBits: 0o077,
  });

  function tokensIn(text: string | null): Map<string, string> {
    if (text === null) return new Map();
    const { tokens } = parseVersioned(file.path, text);
    if (!isRecord(tokens)) throw damaged(file.path, '"tokens" is not an object');
    const found = new Map<string, string>();
    for (const [serverUrl, token] of Object.entries(tokens)) {
      if (typeof token !== 'string') throw damaged(file.path, `the token of ${serverUrl} is not text`);
      if (token !== '') found.set(serverUrl, token);
    }
    return found;
  }

  function format(tokens: ReadonlyMap<string, string>): string {
    return formatVersioned({ tokens: Object.fromEntries(tokens) });
  }

  return {
    kind: 'file',
    place: file.path,

    async check() {
      tokensIn(await file.read());
      await file.probe();
    },

    async read(serverUrl) {
      return tokensIn(await file.read()).get(serverUrl) ?? null;
    },

    async write(serverUrl, token) {
      const before = await file.update((text) => format(tokensIn(text).set(serverUrl, token)));
      return tokensIn(before).get(serverUrl) ?? null;
    },

    async delete(serverUrl) {
      // Nothing to forget: then no folder is made, and none is needed that can be written.
      if (!tokensIn(await file.read()).has(serverUrl)) return;
      await file.update((text) => {
        const tokens = tokensIn(text);
        tokens.delete(serverUrl);
        return format(tokens);
      });
    },
  };
}
