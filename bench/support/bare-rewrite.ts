/**
 * What it takes to rewrite files safely, and nothing else, as plain JavaScript for `node -e`: reads each file of a list,
 * writes the new text beside it, flushes that to the disk and renames it; eight at a time. Each file is taken to have what
 * is to be replaced exactly once.
 * Arguments: a file with the paths, one on each line.
 */
export const bareRewrite = `
const { open, readFile, rename } = require('node:fs/promises');

async function rewrite(path) {
  const text = await readFile(path, 'utf8');
  const temporary = path + '.tmp';
  const file = await open(temporary, 'wx');
  await file.writeFile(text.replace(/"nxCloudAccessToken": ".*?"/, '"nxCloudId": "63f1a2b3c4d5e6f708192a3b"'));
  await file.sync();
  await file.close();
  await rename(temporary, path);
}

async function main() {
  const paths = (await readFile(process.argv[1], 'utf8')).split('\\n').filter((path) => path !== '');
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) await rewrite(path);
  }));
}

void main();
`;
