import type { Dependencies } from '../../dependencies.js';
import { createProgram, programNames } from '../../program.js';
import { bashScript } from './bash.js';
import type { CompletionFlags } from './command.js';
import { describeProgram } from './describe-program.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Prints the script for `nxkey` and for the two programs that are commands of it. */
export function completion({ shell }: CompletionFlags, dependencies: Dependencies): void {
  const programs = [undefined, ...programNames].map((command) =>
    describeProgram(createProgram(dependencies, { version: '', ...(command !== undefined && { command }) })),
  );
  dependencies.io.stdout.write(scripts[shell](programs));
}
