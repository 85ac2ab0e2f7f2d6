import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';

describe('where no home folder is known', () => {
  /** With `HOME=` the config folder was `.config/nxkey`: a token would have been kept in the repository. */
  it('takes nothing of the current folder for its own', async () => {
    const { home: repository, env } = newPerson();
    mkdirSync(join(repository, '.config/nxkey'), { recursive: true, mode: 0o700 });
    writeFileSync(join(repository, '.config/nxkey/logins.json'), 'planted', { mode: 0o600 });
    for (const HOME of ['', '.', 'relative/home']) {
      const options = { cwd: repository, env: { ...env, HOME, XDG_CONFIG_HOME: undefined } };
      const { stderr } = await run(programs.nxkey, ['whoami', 'http://127.0.0.1:9'], options);
      expect(stderr).not.toContain('logins.json');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });
});
