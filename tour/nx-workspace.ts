import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A small Nx workspace with the Nx of this repository, its nx.json commented as people do. Answers with its root. */
export async function makeNxWorkspace(
  root: string,
  { committedToken, nxCloudUrl }: { committedToken: string; nxCloudUrl: string },
): Promise<string> {
  await mkdir(join(root, 'packages/hello'), { recursive: true });
  await writeFile(
    join(root, 'package.json'),
    '{ "name": "shop", "private": true, "devDependencies": { "nx": "^23.0.0" } }\n',
  );
  await writeFile(
    join(root, 'packages/hello/project.json'),
    `${JSON.stringify({ name: 'hello', targets: { build: { command: 'echo "compiling hello"', cache: true } } }, null, 2)}\n`,
  );
  await writeFile(
    join(root, 'nx.json'),
    `{
  // Builds are cached for everybody: https://cache.acme.example
  "nxCloudUrl": "${nxCloudUrl}",
  "nxCloudAccessToken": "${committedToken}", // should this be in the repository?
  "targetDefaults": {
    /* every library is built before whoever needs it */
    "build": { "dependsOn": ["^build"], "cache": true, },
  },
}
`,
  );
  await linkPackages(root);
  return root;
}

/** Another clone: the committed files, and none of what Nx keeps on a computer. */
export async function cloneWorkspace(root: string, clone: string): Promise<string> {
  for (const path of ['package.json', 'nx.json', 'packages']) {
    await cp(join(root, path), join(clone, path), { recursive: true });
  }
  await linkPackages(clone);
  return clone;
}

async function linkPackages(root: string): Promise<void> {
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(root, 'node_modules'), 'junction');
}
