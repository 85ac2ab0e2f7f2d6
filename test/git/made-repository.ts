import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findRepository, type GitRepository } from '../../src/git/repository.js';
import { tempDir, type AtTheEnd } from '../support/temp-dir.js';

/** What git takes of a machine's own settings is replaced, so that the tests mean the same on each. */
export function gitEnvironment(home: string): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:GIT_|EMAIL$)/.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    // Dozens of repositories are made, and each would copy sample hooks and look for what to clean up.
    GIT_TEMPLATE_DIR: '',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'maintenance.auto',
    GIT_CONFIG_VALUE_0: 'false',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  };
}

/** A real repository in a folder of the test's own. */
export class MadeRepository {
  readonly root: string;
  readonly env: Record<string, string | undefined>;

  constructor(root: string, env: Record<string, string | undefined>) {
    this.root = root;
    this.env = env;
  }

  /** Its standard output. @throws {Error} when git fails */
  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.root, env: this.env, encoding: 'utf8', stdio: 'pipe' });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, content: string | Buffer): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** @returns the commit's hash */
  commit(files: Record<string, string | Buffer>, message = 'Work'): string {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD').trim();
  }

  /** A program that git runs at this point. */
  hook(name: string, script: string): void {
    const path = join(this.git('rev-parse', '--absolute-git-dir').trim(), 'hooks', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  async found(env = this.env): Promise<GitRepository> {
    const repository = await findRepository(this.root, env);
    if (repository === undefined) throw new Error(`There is no repository in ${this.root}.`);
    return repository;
  }
}

/** A repository without a commit, on the branch main. */
export function emptyRepository(name = 'repository', atTheEnd?: AtTheEnd): MadeRepository {
  const home = tempDir(atTheEnd);
  const repository = new MadeRepository(join(home, name), gitEnvironment(home));
  mkdirSync(repository.root, { recursive: true });
  repository.git('init', '--quiet', '--initial-branch=main');
  return repository;
}
