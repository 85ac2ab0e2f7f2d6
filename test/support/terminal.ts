import { spawn, spawnSync } from 'node:child_process';
import { programs, watch, type Running } from './programs.js';

/** util-linux's script(1) runs a program on a terminal of its own; BSD's takes other flags. */
export const terminalPart = {
  name: "util-linux's script(1)",
  present: spawnSync('sh', ['-c', 'script --version | grep -q util-linux']).status === 0,
  install: 'sudo apt-get install bsdutils',
};

/** Runs nxkey, or another program for Node, on a terminal. Everything it prints comes as standard error; `type` presses keys. */
export function onTerminal(
  args: string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
  program = programs.nxkey,
): Running & { type: (keys: string) => void } {
  // Without exec, the shell would be there for Ctrl-C, too, and have the last word on the exit code.
  const command = `exec ${[process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('sh', ['-c', 'exec script --quiet --return --command "$0" /dev/null >&2', command], {
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    cwd,
  });
  const running = watch(child, `on a terminal: ${program} ${args.join(' ')}`);
  return { ...running, type: (keys) => void child.stdin.write(keys) };
}
