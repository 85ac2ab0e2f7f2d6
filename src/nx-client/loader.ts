/**
 * What Nx requires: it loads the program that lies beside it, once that is whole. Up to 22, two processes of Nx that find
 * a new program at the same time extract it into the same folder, file by file, and the first one requires what the
 * second one is just writing again. Half a program is a syntax error, with which Nx 20 fails the build. This file is
 * small enough to be written in one go; the program is not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long the program is that was built with this loader. */
declare const nxkeyProgramBytes: number;

/** Of this file; the program takes its place, so that its exports are those which Nx gets. */
declare const module: { _compile: (code: string, path: string) => void };

/** Milliseconds between two looks, and looks: together far more than an extraction takes. */
const pause = 5;
const patience = 600;

function readWhole(path: string): string {
  for (let look = 0; look < patience; look++) {
    const bytes = read(path);
    if (bytes?.length === nxkeyProgramBytes) return bytes.toString();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
  throw new Error(`${path} is not complete. Remove the folder that it is in, and Nx downloads it again.`);
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

const path = join(__dirname, 'program.js');
module._compile(readWhole(path), path);
