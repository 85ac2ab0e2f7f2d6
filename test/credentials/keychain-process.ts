import { readdirSync, readFileSync } from 'node:fs';

/** The keychain's process as it was built: from sources it takes a second to start. */
export const keychainProcess = { processModule: new URL('../../dist/keychain-process.js', import.meta.url) };

export interface RunningProcess {
  commandLine: string;
  environment: string;
}

/** The keychain processes in a session, known by its home folder. From /proc: Linux only, as the keyrings are. */
export function keychainProcesses(home: string): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return commandLine.includes('dist/keychain-process') && environment.includes(`HOME=${home}\0`)
          ? [{ commandLine, environment }]
          : [];
      } catch {
        // Ended meanwhile, or somebody else's.
        return [];
      }
    });
}
