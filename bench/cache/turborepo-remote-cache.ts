import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, output, Program } from '../support/program.js';
import type { Subject } from './subject.js';

const version = '2.12.0';
/** Kept between runs. Its 241 packages are only here: nothing of ours depends on them. */
const folder = join(tmpdir(), `nxkey-bench-turborepo-remote-cache-${version}`);

export async function installPeer(): Promise<void> {
  if (existsSync(join(folder, 'installed'))) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await output('npm', [...args, `turborepo-remote-cache@${version}`], { cwd: folder });
  await writeFile(join(folder, 'installed'), '');
}

/** The peer at its fastest: local storage, one static token, production mode, and no log. */
export async function startPeer(storage: string): Promise<Subject> {
  const token = randomBytes(24).toString('base64url');
  const port = await freePort();
  const program = new Program(process.execPath, [join(folder, 'node_modules/turborepo-remote-cache/dist/cli.js')], {
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'silent',
      ENABLE_STATUS_LOG: 'false',
      AUTH_MODE: 'static',
      TURBO_TOKEN: token,
      BODY_LIMIT: String(2 ** 31),
      STORAGE_PROVIDER: 'local',
      STORAGE_PATH: storage,
      STORAGE_PATH_USE_TMP_FOLDER: 'false',
    },
  });
  const origin = `http://127.0.0.1:${port}`;
  await program.answers(`${origin}/v8/artifacts/status`);
  return {
    name: 'turborepo-remote-cache',
    origin,
    path: '/v8/artifacts/{hash}?slug=bench',
    authorization: `Bearer ${token}`,
    stop: () => program.stop(),
  };
}
