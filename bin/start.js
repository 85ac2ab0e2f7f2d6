import { readFileSync } from 'node:fs';

/**
 * What runs before the CLI itself is loaded: a check of Node's version in words that old versions understand, and
 * `--version`, which needs nothing else.
 *
 * @param {string} [command] the subcommand that this program is, for those that are a program of their own
 */
export async function start(command) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`nxkey needs Node 20.19 or later; this is Node ${process.versions.node}.\n`);
    process.exitCode = 1;
    return;
  }
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  const { main } = await import('../dist/main.js');
  process.exitCode = await main(process, { version, command });
}
