import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Ends a program and all that it has started; elsewhere than on Windows it has to lead a process group of its own.
 * @param politeMs how long they may take to clean up, in milliseconds, before they are killed
 */
export async function killWithChildren(child: ChildProcess, platform: NodeJS.Platform, politeMs = 0): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (platform === 'win32') {
    const taskkill = spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    taskkill.on('error', () => child.kill());
  } else {
    if (politeMs > 0) {
      signalGroup(child.pid, 'SIGTERM');
      await Promise.race([exited, sleep(politeMs, undefined, { ref: false })]);
    }
    // Also what the program has left behind.
    signalGroup(child.pid, 'SIGKILL');
  }
  await exited;
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    kill(-pid, signal);
  } catch {
    // ESRCH: it has just ended by itself.
  }
}
