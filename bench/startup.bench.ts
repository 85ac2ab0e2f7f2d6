/** `npm run bench:startup`: what a person waits for, beside an empty `node -e 0` in the same run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Programs } from '../tour/programs.js';
import { medians, report } from './measure.js';

const cli = fileURLToPath(new URL('../bin/nxkey.js', import.meta.url));
const rounds = 25;

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const programs = new Programs(folder);
try {
  const serverUrl = await programs.startServer();
  const env = { ...process.env, XDG_CONFIG_HOME: folder, HOME: folder };
  const [node = 0, ...others] = await medians(
    [
      { args: ['-e', '0'] },
      { args: [cli, '--version'] },
      { args: [cli, '--help'] },
      { args: [cli, 'login', serverUrl, '--storage', 'file'], env, until: /[A-Z]{4}-[A-Z]{4}/ },
    ],
    rounds,
  );
  console.log(`\nMedian of ${rounds} runs each, in turn; node -e 0 took ${node.toFixed(0)} ms.`);
  const limits = [
    ['nxkey --version', 1.15],
    ['nxkey --help', 1.35],
    ['nxkey login, until the code is on the screen', 2.5],
  ] as const;
  for (const [index, [what, limit]] of limits.entries()) {
    const took = others[index] ?? Number.NaN;
    report(what, `${took.toFixed(0)} ms = ${(took / node).toFixed(2)} x node`, took / node, { atMost: limit });
  }
} finally {
  await programs.stop();
  await rm(folder, { recursive: true, force: true });
}
