import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import type { ClientProgram } from './client-program.js';

/**
 * Where Nx asks whether its copy of the client program is still right, and downloads the one that is (nx-protocol.md §1).
 * Anybody may have it: there is no secret in it. A token that Nx sends along is not looked at.
 */
export function clientProgramRoutes(app: App, program: ClientProgram | null): void {
  app.get(paths.clientVerify, (c) => {
    const { version, contentHash } = available(program);
    const sent = { version: c.req.query('version'), contentHash: c.req.query('contentHash') };
    if (sent.version === version && sent.contentHash === contentHash) return c.json({ valid: true });
    const url = c.get('config').publicUrl + paths.clientProgram(version);
    return c.json({ valid: false, version, url });
  });

  // While servers are being upgraded one after the other, the program that one of them has named may be asked of
  // another. It hands out its own: any of them works, and a failed download would cost a build its cache.
  app.get(paths.clientProgram(':version'), (c) => {
    const { archive } = available(program);
    return c.body(archive, 200, { 'content-type': 'application/gzip' });
  });
}

function available(program: ClientProgram | null): ClientProgram {
  if (program !== null) return program;
  // Not 404: Nx takes that for the answer of another, outdated server.
  throw new HttpError(503, 'Service unavailable', 'This server was started without the client program for Nx.');
}
