import { StorageUnavailable, type CredentialStore, type StorageKind } from '../../../credentials/credential-store.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';

/**
 * The place where the token will be kept, tried out. The keychain, unless another place was asked for; never in plain
 * text without somebody's word.
 * @throws {StorageUnavailable}
 */
export async function chooseStore(
  wanted: StorageKind | undefined,
  { io, credentialStore, prompts }: Dependencies,
): Promise<CredentialStore> {
  const store = await credentialStore(wanted ?? 'keychain');
  try {
    await store.check();
    return store;
  } catch (error) {
    if (wanted !== undefined || !io.interactive || !(error instanceof StorageUnavailable)) throw error;
    tell(io, `${io.style.yellow('!')} ${error.message}`);
    if (error.remedy !== undefined) tell(io, `  ${error.remedy}`);
    const file = await credentialStore('file');
    const question = `Keep the token unencrypted in ${file.place} (readable by you only) instead?`;
    if (!(await (await prompts()).confirm(question, { default: false }))) throw error;
    await file.check();
    return file;
  }
}
