import { createFileStore } from '../../src/credentials/file-store.js';

/** One of several processes that write to one folder at the same time: waits for `go`, writes, ends. */
const [folder = '', ...servers] = process.argv.slice(2);
const store = createFileStore({ folder, platform: process.platform });

process.once('message', () => {
  void writeAll().then(() => {
    process.disconnect();
  });
});
process.send?.('ready');

async function writeAll(): Promise<void> {
  for (const server of servers) await store.write(server, `token of ${server}`);
}
