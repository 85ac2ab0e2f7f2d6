/*
 * What every way into our programs needs before the programs are loaded: `nxkey` itself, and the client program that Nx
 * loads (src/nx-client). In words that old versions of Node understand.
 */

/**
 * @param {string} version Node's, such as `18.20.4`
 * @returns {string | undefined} what to tell the person when our programs cannot run on it
 */
exports.tooOldNode = function tooOldNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `nxkey needs Node 20.19 or later; this is Node ${version}.`;
};

/**
 * `nxkey token | head -c 0` closes our output early, which is the reader's choice; a full disk is an error.
 * @param {NodeJS.Process} process
 */
exports.watchOutput = function watchOutput(process) {
  let isTold = false;
  process.stdout.on('error', ({ code }) => {
    if (code === 'EPIPE' || isTold) return;
    isTold = true;
    process.exitCode = 1;
    const reason = code === 'ENOSPC' ? 'the disk is full' : `the system says ${code}`;
    process.stderr.write(`error: standard output could not be written: ${reason}.\n`);
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined);
};
