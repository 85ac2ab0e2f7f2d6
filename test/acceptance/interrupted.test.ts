import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { newPerson } from '../support/person.js';
import { programs, start } from '../support/programs.js';

const nxCloudId = '63f1a2b3c4d5e6f708192a3b';

describe('convert-to-nx-cloud-id, killed at any moment', () => {
  it('leaves the old nx.json or the new one, and never the new one without the token in its file', async () => {
    const token = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(token);
    const { home, env } = newPerson();
    const [nxJson, tokenFile] = [join(home, 'nx.json'), join(home, 'ci-token.txt')];
    // Long enough that writing it takes a while.
    const filler = Array.from({ length: 4_000 }, (_, index) => `  "setting${index}": "${'x'.repeat(40)}"`).join(',\n');
    const before = `{\n  "nxCloudAccessToken": "${token}", // ours\n${filler}\n}\n`;
    const after = before.replace(`"nxCloudAccessToken": "${token}"`, `"nxCloudId": "${nxCloudId}"`);

    async function convert(killAfterMs?: number): Promise<void> {
      writeFileSync(nxJson, before);
      rmSync(tokenFile, { force: true });
      const args = ['--nx-cloud-id', nxCloudId, '--token-to', tokenFile];
      const running = start(programs.convert, args, { env, cwd: home });
      if (killAfterMs !== undefined) {
        await Promise.race([running.finished, sleep(killAfterMs)]);
        running.process.kill('SIGKILL');
      }
      await running.finished;
    }

    const started = performance.now();
    await convert();
    const whole = performance.now() - started;
    expect(readFileSync(nxJson, 'utf8')).toBe(after);

    for (let part = 0.3; part < 1.2; part += 0.08) {
      await convert(whole * part);
      const now = readFileSync(nxJson, 'utf8');
      // toBe would print all of it.
      expect(now === before || now === after).toBe(true);
      if (now === after) expect(existsSync(tokenFile) && readFileSync(tokenFile, 'utf8')).toBe(`${token}\n`);
    }
  });
});
