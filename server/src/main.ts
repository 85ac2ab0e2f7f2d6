import { hostname, userInfo } from 'node:os';
import { main } from './cli/main.js';

/** The only place that reads the process. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Once: a second Ctrl-C ends the process at once, whatever is still under way.
  process.once(signal, () => {
    stop.abort();
  });
}

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interactive: process.stdin.isTTY && process.stderr.isTTY && (process.env['CI'] ?? '') === '',
  clock: Date.now,
  environment: process.env,
  builtFolder: new URL(import.meta.url.endsWith('.ts') ? '../dist/' : './', import.meta.url),
  hostName: hostname,
  userName,
  signal: stop.signal,
});

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no entry in /etc/passwd.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
