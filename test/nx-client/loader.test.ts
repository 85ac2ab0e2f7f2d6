import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtClientProgram } from '../support/other-server.js';
import { watch, type Running } from '../support/programs.js';
import { tempDir } from '../support/temp-dir.js';

/** The larger part of it. */
const part = 'run-cache.js';

/** The built client program as another process of Nx is just extracting it: half of a part is missing. */
async function halfExtracted(): Promise<{ folder: string; complete: () => void }> {
  const folder = tempDir();
  const files = await builtClientProgram();
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path === part ? content.subarray(0, content.length / 2) : content);
  }
  return {
    folder,
    complete: () => {
      writeFileSync(join(folder, part), files.get(part) ?? '');
    },
  };
}

/** Requires it as Nx does. */
function requires(folder: string): Running {
  const script = "console.error('requires'); console.log(typeof require(process.argv[1]).getRemoteCache)";
  return watch(spawn(process.execPath, ['-e', script, folder]), 'a process that requires the client program');
}

describe('the client program', () => {
  it('is loaded when it is whole, while another process extracts it once more', async () => {
    const { folder, complete } = await halfExtracted();
    const loading = requires(folder);
    await loading.waitFor(/requires/);
    complete();
    expect(await loading.finished).toMatchObject({ code: 0, stdout: 'function\n', stderr: 'requires\n' });
  });

  it('names the folder to remove when it stays incomplete', async () => {
    const { folder } = await halfExtracted();
    const { code, stderr } = await requires(folder).finished;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${join(folder, part)} is not complete. Remove the folder that it is in, and Nx downloads it again.`,
    );
  });
});
