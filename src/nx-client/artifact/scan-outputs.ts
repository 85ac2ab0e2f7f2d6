import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { ArtifactTree } from './artifact-tree.js';
import { describeName, findProblem } from './entry-path.js';
import { UnsuitableArtifact } from './errors.js';
import { Pause } from './pause.js';

export type Output = { path: string; mode: number } & (
  { kind: 'folder' } | { kind: 'link'; target: string } | { kind: 'file'; size: number }
);

/** The entries that stand beside the outputs. (A folder `code` would make the built-in client refuse the artifact.) */
const reservedNames = new Set(['code', 'terminalOutput']);

/**
 * All that is in `folder`, each folder before what it holds, in an order that depends on the names alone.
 * @throws {UnsuitableArtifact} there is something that the format has no room for, or that would not be extracted
 */
export async function scanOutputs(folder: string): Promise<Output[]> {
  const outputs: Output[] = [];
  const tree = new ArtifactTree();
  const pause = new Pause();
  const waiting = [''];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const folders: string[] = [];
    for (const name of readdirSync(join(folder, parent)).sort()) {
      if (pause.isDue()) await pause.take();
      const path = parent === '' ? name : `${parent}/${name}`;
      const problem = reservedNames.has(path) ? 'is one that the format of the cache needs itself' : findProblem(path);
      if (problem !== undefined) throw unsuitable(path, `its name ${problem}`);
      const output = describeOutput(join(folder, path), path, tree);
      if (output.kind === 'folder') folders.push(path);
      outputs.push(output);
    }
    waiting.push(...folders.reverse());
  }
  for (const { path, target, leadsInside } of tree.links()) {
    if (!leadsInside) throw unsuitable(path, `it is a link that leads out of the outputs, to ${describeName(target)}`);
    if (pause.isDue()) await pause.take();
  }
  return outputs;
}

function describeOutput(absolutePath: string, path: string, tree: ArtifactTree): Output {
  const stats: Stats = lstatSync(absolutePath);
  const mode = stats.mode & 0o777;
  if (stats.isDirectory()) {
    tree.addFolder(path);
    return { kind: 'folder', path, mode };
  }
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(absolutePath).replaceAll(sep, '/');
    tree.addLink(path, target);
    return { kind: 'link', path, mode, target };
  }
  if (!stats.isFile()) throw unsuitable(path, 'it is no file, folder or link');
  tree.addFile(path);
  return { kind: 'file', path, mode, size: stats.size };
}

export function unsuitable(path: string, why: string): UnsuitableArtifact {
  return new UnsuitableArtifact(`The output ${describeName(path)} cannot be stored: ${why}.`);
}
