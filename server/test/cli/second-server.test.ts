import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockForServer } from '../../src/database/server-lock.js';
import { initialized, nxkeyServer } from '../support/command-line.js';

describe('a second server on one data folder', () => {
  it('is told so, and leaves the uploads of the first one alone', async () => {
    const { data } = await initialized();
    const first = await lockForServer(data);
    const upload = join(data, 'artifacts/incoming/upload');
    mkdirSync(join(data, 'artifacts/incoming'), { recursive: true });
    writeFileSync(upload, 'half of it');

    const start = () => nxkeyServer(['start', '--data', data, '--port', '0'], '', { signal: AbortSignal.abort() });
    expect(await start()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Another nxkey-server is running on the data folder') as string,
    });
    expect(existsSync(upload)).toBe(true);

    first.release();
    expect(await start()).toMatchObject({ exitCode: 0 });
    expect(existsSync(upload)).toBe(false);
  });
});
