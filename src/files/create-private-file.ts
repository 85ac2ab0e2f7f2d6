import { open, unlink } from 'node:fs/promises';
import { refusal } from './file-errors.js';

/**
 * Makes a new file that only its owner can read (0600; on Windows the folder's permissions decide). Never replaces one,
 * nor writes through a link that somebody put there.
 * @throws {FileNotWritten} when there is something of that name already, or it cannot be made; nothing is left behind
 */
export async function createPrivateFile(path: string, content: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refusal(path, error);
  }
}
