import type { Command } from 'commander';
import type { Dependencies } from '../../src/cli/dependencies.js';
import { tempDir } from '../support/temp-dir.js';
import { collectingDependencies } from './collecting-dependencies.js';

export type MakeCommand = (dependencies: Dependencies, run: (flags: unknown) => Promise<void>) => Command;

/** What a command makes of its arguments. */
export async function flagsOf(make: MakeCommand, argv: string[]): Promise<unknown> {
  let flags: unknown;
  const command = make(collectingDependencies(tempDir()).dependencies, (given) => {
    flags = given;
    return Promise.resolve();
  });
  await command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parseAsync(argv, { from: 'user' });
  return flags;
}
