import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isolatedEnv, watch } from '../support/programs.js';
import { tempDir } from '../support/temp-dir.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('shows the main job from beginning to end, ends by itself and leaves nothing behind (npm start without a terminal)', async () => {
  const temporary = tempDir();
  const env = isolatedEnv(tempDir(), { TMPDIR: temporary });
  const child = spawn(process.execPath, ['--import', 'tsx', 'tour/tour.ts'], { cwd: root, env });
  child.stdin.end();
  const { code, stdout, stderr } = await watch(child, 'the tour').finished;

  expect(stdout).toContain('-  "nxCloudAccessToken": "');
  expect(stdout).toMatch(/\+ {2}"nxCloudId": "[0-9a-f]{24}", \/\/ should this/);
  expect(stderr).toContain('Logged in to http://127.0.0.1:');
  expect(stderr).toContain('Cache access: read, because you are an owner of acme');

  // Built once, by CI; then read by Ada and by Grace; then built again by Grace, who may not read any more.
  const builds = [...stdout.matchAll(/> nx run hello:build *(\[remote cache\])?/g)].map(
    ([, cached]) => cached ?? 'built',
  );
  expect(builds).toEqual(['built', '[remote cache]', '[remote cache]', 'built']);
  expect(stdout).toMatch(/cache:?\s+1 artifact, /);
  expect(stderr).toMatch(/No remote cache for this run\..*you are not a member of acme/);
  expect(code, stderr).toBe(0);
  expect(readdirSync(temporary).filter((name) => name.startsWith('nxkey-tour-'))).toEqual([]);
}, 180_000);
