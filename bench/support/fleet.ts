import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Workspaces on disk, each with a token of its own, and the file that has their ids. */
export interface Fleet {
  folder: string;
  map: string;
}

/** As a small workspace has it: some defaults, a comment, and the token. */
function nxJson(token: string): string {
  return `{
  "$schema": "./node_modules/nx/schemas/nx-schema.json",
  // Shared by all teams; ask #platform before you change it.
  "namedInputs": {
    "default": ["{projectRoot}/**/*", "sharedGlobals"],
    "production": ["default", "!{projectRoot}/**/*.spec.ts"],
    "sharedGlobals": ["{workspaceRoot}/tsconfig.base.json"]
  },
  "targetDefaults": {
    "build": { "cache": true, "dependsOn": ["^build"], "inputs": ["production", "^production"] },
    "test": { "cache": true, "inputs": ["default", "^production"] }
  },
  "nxCloudUrl": "https://cache.acme.example",
  "nxCloudAccessToken": "${token}",
  "parallel": 5
}
`;
}

const packageJson = `${JSON.stringify({ name: 'acme', private: true, devDependencies: { nx: '20.8.2' } }, null, 2)}\n`;

/** Makes workspaces with nx.json and package.json in a new folder: a hundred to each folder in it. */
export function makeFleet(folder: string, count: number): Fleet {
  const lines: string[] = [];
  for (let number = 0; number < count; number++) {
    const workspace = join(folder, 'repositories', `group-${Math.floor(number / 100)}`, `repository-${number}`);
    mkdirSync(workspace, { recursive: true });
    const token = btoa(`${randomUUID()}|read-write`);
    writeFileSync(join(workspace, 'nx.json'), nxJson(token));
    writeFileSync(join(workspace, 'package.json'), packageJson);
    lines.push(`${workspace}\t${idOf(number)}\n`);
  }
  const map = join(folder, 'ids.tsv');
  writeFileSync(map, lines.join(''));
  return { folder: join(folder, 'repositories'), map };
}

function idOf(number: number): string {
  return number.toString(16).padStart(24, '0');
}
