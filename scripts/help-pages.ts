import { Writable } from 'node:stream';
import { CommanderError, type Command } from 'commander';
import { createDependencies } from '../src/cli/create-dependencies.js';
import { watchInterrupts } from '../src/cli/interrupts.js';
import { createIo } from '../src/cli/io.js';
import { createProgram, programNames } from '../src/cli/program.js';

/** What each command answers to `--help`, by its path: `nxkey`, `nxkey ci-token create`, `login`. */
export function helpPages(): Map<string, string> {
  const pages = new Map<string, string>();
  let page = '';
  const stdout = new Writable({
    write(text: Buffer, _, done) {
      page += text.toString();
      done();
    },
  });
  const interrupts = watchInterrupts(process, () => undefined);
  interrupts.release();
  const dependencies = createDependencies({ process, io: { ...createIo(process), stdout }, interrupts, version: '' });

  const addPages = (command: Command, path: string) => {
    page = '';
    try {
      command.parse(['--help'], { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError) || error.code !== 'commander.helpDisplayed') throw error;
    }
    pages.set(path, page);
    for (const subcommand of command.commands) addPages(subcommand, `${path} ${subcommand.name()}`);
  };
  addPages(createProgram(dependencies, { version: '' }), 'nxkey');
  for (const name of programNames) addPages(createProgram(dependencies, { version: '', command: name }), name);
  return pages;
}
