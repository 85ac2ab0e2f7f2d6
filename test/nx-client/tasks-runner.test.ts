import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultTasksRunner, workspaceRoot } from '../../src/nx-client/tasks-runner.js';
import { tempDir } from '../support/temp-dir.js';

/** A copy of Nx whose runner answers with the name of the copy. */
function install(copy: string, folder: string, path = 'tasks-runners/default.js'): void {
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write('package.json', '{}');
  write('index.js', '');
  write(path, `exports.default = () => ${JSON.stringify(copy)};`);
}

function load(file: string): void {
  createRequire(import.meta.url)(file);
}

const runFrom = (...folders: string[]) => defaultTasksRunner(folders)([], {}, {});

describe("Nx's own runner", () => {
  it("is that of the workspace's root, not a tool's own", () => {
    const root = tempDir();
    const tool = join(root, 'node_modules/lerna/node_modules');
    install("the tool's", join(tool, 'nx'));
    install("the workspace's", join(root, 'node_modules/nx'));
    expect(runFrom(root, tool, join(root, 'node_modules'))).toBe("the workspace's");
  });

  it("is a tool's own when that is the Nx at work", () => {
    const root = tempDir();
    const tool = join(root, 'node_modules/lerna/node_modules');
    install("the tool's", join(tool, 'nx'));
    install("the workspace's", join(root, 'node_modules/nx'));
    load(join(tool, 'nx/index.js'));
    expect(runFrom(root, tool, join(root, 'node_modules'))).toBe("the tool's");
  });

  it('is found in the folders that Nx names when the root has none (.nx/installation)', () => {
    const root = tempDir();
    install('the installed', join(root, '.nx/installation/node_modules/nx'));
    expect(runFrom(root, join(root, '.nx/installation/node_modules'))).toBe('the installed');
  });

  it("is found in pnpm's layout, where it is loaded by its real path", () => {
    const root = tempDir();
    const store = join(root, 'node_modules/.pnpm/nx@20.0.0/node_modules');
    install('the linked', join(store, 'nx'));
    install('another', join(root, 'other/nx'));
    symlinkSync(join(store, 'nx'), join(root, 'node_modules/nx'));
    load(realpathSync(join(root, 'node_modules/nx/index.js')));
    expect(runFrom(root, join(root, 'other'))).toBe('the linked');
  });

  it('is found below @nrwl/workspace when that is all that can be reached', () => {
    const root = tempDir();
    install('that of Nx 13', join(root, 'node_modules/@nrwl/workspace'));
    expect(runFrom(root)).toBe('that of Nx 13');
  });

  it('is not found where there is no Nx, and the error says where it was looked for', () => {
    const root = tempDir();
    expect(() => runFrom(root)).toThrow(`The remote cache cannot be used: no "nx" was found from ${root}.`);
  });

  it('is not taken for one when it is something else', () => {
    const root = tempDir();
    install('something', join(root, 'node_modules/nx'));
    writeFileSync(join(root, 'node_modules/nx/tasks-runners/default.js'), 'exports.default = {};');
    expect(() => runFrom(root)).toThrow('is not the tasks runner');
  });
});

describe("the workspace's root", () => {
  it('is the nearest folder with an nx.json, going up', () => {
    const root = tempDir();
    mkdirSync(join(root, 'packages/shop'), { recursive: true });
    writeFileSync(join(root, 'nx.json'), '{}');
    expect(workspaceRoot({}, join(root, 'packages/shop'))).toBe(root);
    expect(workspaceRoot({}, root)).toBe(root);
  });

  it('is what NX_WORKSPACE_ROOT_PATH says', () => {
    expect(workspaceRoot({ NX_WORKSPACE_ROOT_PATH: '/somewhere' }, tempDir())).toBe('/somewhere');
  });

  it('is the folder itself where there is no nx.json', () => {
    const folder = tempDir();
    expect(workspaceRoot({ NX_WORKSPACE_ROOT_PATH: '' }, folder)).toBe(folder);
  });
});
