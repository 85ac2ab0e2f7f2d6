import { Argument, Command } from 'commander';
import type { Dependencies } from '../../dependencies.js';
import type { Run } from '../../flags.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CompletionFlags {
  shell: Shell;
}

export function completionCommand(dependencies: Dependencies, run = runCompletion): Command {
  return new Command('completion')
    .summary('print a script that completes commands with the Tab key')
    .description(
      'Print a script for your shell, with which the Tab key completes commands, flags and their values. It works where ' +
        '"nxkey" itself can be typed: after npm install --global nxkey, or with node_modules/.bin in the PATH.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
Install it:
  bash   echo 'source <(nxkey completion bash)' >> ~/.bashrc
         (macOS' own bash 3.2: eval "$(nxkey completion bash)")
  zsh    echo 'source <(nxkey completion zsh)' >> ~/.zshrc        after the line with compinit
  fish   nxkey completion fish > ~/.config/fish/completions/nxkey.fish

Examples:
  $ source <(npx nxkey completion bash)`,
    )
    .action((shell: Shell) => run({ shell }, dependencies));
}

const runCompletion: Run<CompletionFlags> = async (flags, dependencies) => {
  const { completion } = await import('./completion.js');
  completion(flags, dependencies);
};
