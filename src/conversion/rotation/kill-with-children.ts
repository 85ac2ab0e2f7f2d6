import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { kill } from 'node:process';

/** Ends a program and all that it has started; elsewhere than on Windows it has to lead a process group of its own. */
export async function killWithChildren(child: ChildProcess, platform: NodeJS.Platform): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (platform === 'win32') {
    const taskkill = spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    taskkill.on('error', () => child.kill());
  } else {
    try {
      kill(-child.pid, 'SIGKILL');
    } catch {
      // ESRCH: it has just ended by itself.
    }
  }
  await exited;
}
