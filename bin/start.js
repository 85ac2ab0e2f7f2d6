/*
 * What runs before the CLI itself is loaded: a check of Node's version in words that old versions understand, and the
 * answers that need nothing else, `--version` and `--help`. CommonJS, because Node starts it 5 ms sooner than a module
 * (measured on Node 20: a fifth of what an empty program takes), and every old version can read it.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** @param {string} [command] the subcommand that this program is, for those that are a program of their own */
exports.start = function start(command) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`nxkey needs Node 20.19 or later; this is Node ${process.versions.node}.\n`);
    process.exitCode = 1;
    return;
  }
  watchOutput();
  const { version } = require('../package.json');
  const answer = readyAnswer(version, command, process.argv.slice(2));
  if (answer !== undefined) {
    process.stdout.write(answer);
    return;
  }
  void import('../dist/main.js')
    .then(({ main }) => main(process, { version, command }))
    .then((exitCode) => {
      process.exitCode ||= exitCode;
    });
};

/** `nxkey token | head -c 0` closes our output early, which is the reader's choice; a full disk is an error. */
function watchOutput() {
  process.stdout.on('error', ({ code }) => {
    if (code === 'EPIPE') return;
    process.exitCode = 1;
    const reason = code === 'ENOSPC' ? 'the disk is full' : `the system says ${code}`;
    process.stderr.write(`error: standard output could not be written: ${reason}.\n`);
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined);
}

/** What the build has made of `--help`, see scripts/build.ts; `undefined` where the program itself has to answer. */
function readyAnswer(version, command, args) {
  const last = args.at(-1);
  const subcommands = args.slice(0, -1);
  if (subcommands.length === 0 && (last === '--version' || last === '-V')) return `${version}\n`;
  if ((last !== '--help' && last !== '-h') || subcommands.length > 2) return undefined;
  const name = [command ?? 'nxkey', ...subcommands].join(' ');
  if (!/^[a-z -]+$/.test(name)) return undefined;
  try {
    return readFileSync(join(__dirname, '../dist/help', `${name}.txt`), 'utf8');
  } catch {
    return undefined;
  }
}
