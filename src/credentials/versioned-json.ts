import { StorageUnavailable } from './credential-store.js';
import { damaged } from './private-file.js';

/** The version that this nxkey writes into its files, and the only one it reads. */
const version = 1;

/**
 * The fields of a file `{ "version": 1, … }`, none of them looked at yet.
 * @throws {StorageUnavailable}
 */
export function parseVersioned(path: string, text: string): Readonly<Record<string, unknown>> {
  const content = parseJson(path, text);
  if (!isRecord(content)) throw damaged(path, 'it is not a JSON object');
  if (content['version'] === version) return content;
  if (typeof content['version'] !== 'number') throw damaged(path, 'it has no version');
  throw new StorageUnavailable(`${path} was written by another version of nxkey (format ${content['version']}).`, {
    remedy: 'Update nxkey: npm install --save-dev nxkey@latest',
  });
}

export function formatVersioned(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ version, ...fields }, null, 2)}\n`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which may be a token: it goes neither into the message nor into `cause`.
    throw damaged(path, 'it is not JSON');
  }
}
