/**
 * What Nx requires: reads all of the program, once it is whole, and compiles of it what a run needs, when it needs it.
 *
 * Once it is whole: up to 22, two processes of Nx that find a new program at the same time extract it into the same
 * folder, file by file, and the first one requires what the second one is just writing again. Half a program is a syntax
 * error, with which Nx 20 fails the build. This file is small enough to be written in one go; the program is not.
 *
 * All of it: by the time a part is used its file may be gone. A second process that updates the program deletes the
 * folder from which the first still runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { gunzipSync } from 'node:zlib';

/**
 * The files of the program that was built with this loader, and their lengths: `<part>.js`, or `<part>.js.gz` for what few
 * runs use and all have to read.
 */
declare const nxkeyFiles: Readonly<Record<string, number>>;

/** Of this file. */
declare const module: { exports: unknown };

type Part = (
  module: object,
  exports: object,
  require: NodeJS.Require,
  filename: string,
  dirname: string,
  part: typeof load,
) => void;

const files = new Map(
  Object.entries(nxkeyFiles).map(([name, length]): [string, Buffer] => [
    name,
    readWhole(join(__dirname, name), length),
  ]),
);
const names = ['module', 'exports', 'require', '__filename', '__dirname', 'nxkeyPart'];

/** What a part exports. */
function load(name: string): unknown {
  const file = `${name}.js`;
  const compressed = files.get(`${file}.gz`);
  const code = compressed === undefined ? files.get(file) : gunzipSync(compressed);
  if (code === undefined) throw new Error(`The client program has no part ${name}.`);
  const path = join(__dirname, file);
  const run = compileFunction(code.toString(), names, { filename: path }) as Part;
  const part = { exports: {} };
  run(part, part.exports, require, path, __dirname, load);
  return part.exports;
}

function readWhole(path: string, length: number): Buffer {
  // 3 s: far more than an extraction takes.
  for (let look = 0; look < 600; look++) {
    const code = read(path);
    if (code?.length === length) return code;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
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

module.exports = load('entry');
