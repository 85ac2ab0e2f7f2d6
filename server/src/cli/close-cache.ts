import { accessWarning } from '../domain/presets.js';
import type { AccessSettings } from '../domain/model.js';
import { tell, type CliContext } from './context.js';

/** Where whoever knows the nxCloudId writes the cache, says what to type next so that nobody does but CI. */
export function tellHowToClose(
  { access, nxCloudId, data }: { access: AccessSettings; nxCloudId: string; data: string },
  context: CliContext,
): void {
  if (accessWarning(access) === null) return;
  tell(
    context,
    `Choose that with: nxkey-server workspace set --data ${data} --workspace ${nxCloudId} --preset recommended`,
  );
}
