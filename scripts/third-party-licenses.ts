import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The notices of every package of which a file is in a bundle, as their licenses ask for. */
export async function thirdPartyLicenses(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  const notices = await Promise.all([...folders].sort().map((folder) => notice(join(root, folder))));
  return `nxkey contains the following packages.\n\n${notices.join('\n')}`;
}

async function notice(folder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest as { name: string; version: string; license: string };
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|-|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name}: no license file to put into the notices`);
  const text = await readFile(join(folder, file), 'utf8');
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`;
}
