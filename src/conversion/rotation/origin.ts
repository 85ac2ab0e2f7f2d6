import { execFile } from 'node:child_process';
import { errorCode } from '../../files/file-errors.js';
import { repositoryName } from './repository-name.js';

export type Origin =
  | { kind: 'found'; /** `owner/name` */ repository: string }
  /** `because` goes on a sentence. */
  | { kind: 'none'; because: string };

/** The name of the repository that a folder is in, at the host of its remote `origin`. */
export async function originOf(
  folder: string,
  { env }: { env: Readonly<Record<string, string | undefined>> },
): Promise<Origin> {
  // `GIT_DIR` and its like, as a hook has them, would name another repository.
  const clean = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^GIT_(?!CONFIG_|SSL_|EXEC_PATH)/i.test(name)),
  );
  const args = ['-C', folder, 'remote', 'get-url', 'origin'];
  return await new Promise((resolve) => {
    execFile('git', args, { env: clean, timeout: 30_000, windowsHide: true }, (error, stdout) => {
      if (error !== null) {
        const because =
          errorCode(error) === 'ENOENT' ? 'there is no git on the PATH' : `${folder} has no remote "origin"`;
        resolve({ kind: 'none', because });
        return;
      }
      const repository = repositoryName(stdout);
      resolve(
        repository === undefined
          ? { kind: 'none', because: `the remote "origin" of ${folder} names no repository of a host` }
          : { kind: 'found', repository },
      );
    });
  });
}
