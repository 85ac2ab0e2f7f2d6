import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, Program } from '../support/program.js';
import type { Subject } from './subject.js';

/**
 * The limit: nginx serves files as they are and checks nobody's access. One worker, as the other servers are one
 * process each; a second one gains nothing where the load generator has the second core.
 */
export async function startNginx(folder: string, files: string): Promise<Subject> {
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  await writeFile(
    configuration,
    `user root; daemon off; worker_processes 1; pid ${join(folder, 'nginx.pid')}; error_log stderr;
    events { worker_connections 64; }
    http {
      access_log off; sendfile on; tcp_nopush on; open_file_cache max=1000; keepalive_requests 100000000;
      server { listen 127.0.0.1:${port}; location / { root ${files}; } }
    }`,
  );
  const program = new Program('nginx', ['-p', folder, '-c', configuration, '-e', 'stderr']);
  const origin = `http://127.0.0.1:${port}`;
  await program.answers(origin);
  return { name: 'nginx', origin, path: '/{hash}', authorization: undefined, stop: () => program.stop() };
}
