import type { DeviceFlow } from '../../../device-flow/device-flow.js';
import type { Dependencies } from '../../dependencies.js';
import { tell, type Io } from '../../io.js';

export interface DeviceApproval {
  serverUrl: string;
  flow: DeviceFlow;
  tokenName: string;
  offerBrowser: boolean;
}

/**
 * Shows the code and the address, waits until the person has approved, and answers with the token. Ctrl-C also ends
 * the request on the server, so that nobody can approve it any more.
 */
export async function approveDevice(
  { serverUrl, flow, tokenName, offerBrowser }: DeviceApproval,
  dependencies: Dependencies,
): Promise<string> {
  const { io, signal, clock } = dependencies;
  const authorization = await flow.start({ tokenName, hostName: dependencies.hostName(), signal });

  tell(io, `Log in to ${io.style.bold(serverUrl)}`);
  tell(io);
  tell(io, `  Open   ${io.style.cyan(authorization.verificationUri)}`);
  tell(io, `  Enter  ${io.style.bold(authorization.userCode)}`);
  tell(io);

  const offer =
    io.interactive && offerBrowser
      ? openOnEnter(authorization.verificationUriComplete ?? authorization.verificationUri, dependencies)
      : undefined;
  tell(
    io,
    offer ? 'Press Enter to open the page in your browser. Waiting for your approval …' : 'Waiting for your approval …',
  );
  try {
    return await flow.awaitApproval(authorization, { clock, signal });
  } catch (error) {
    if (signal.aborted) await flow.cancel(authorization);
    throw error;
  } finally {
    offer?.end();
  }
}

/** Opens the page each time the person presses Enter, until `end()`. */
function openOnEnter(url: string, { io, openBrowser }: Dependencies): { end(): void } {
  const onData = (chunk: Buffer | string) => {
    if (!chunk.toString().includes('\n')) return;
    void openBrowser(url, (reason) => {
      tellNoBrowser(io, reason);
    });
  };
  io.stdin.on('data', onData);
  return {
    end: () => {
      io.stdin.removeListener('data', onData);
      io.stdin.pause();
    },
  };
}

function tellNoBrowser(io: Io, reason: string): void {
  tell(io, `${io.style.yellow('!')} The browser did not start (${reason}). Open the address yourself.`);
}
