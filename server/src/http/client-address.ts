import { isIP } from 'node:net';

/**
 * Who is asking. Behind `hops` proxies of ours the nearest of them saw the client, or the proxy before it, and appended
 * that to `X-Forwarded-For`: so it is counted from the end. What stands further left, the client may have invented.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string {
  return forwardedAddress(forwardedFor, hops) ?? addressOf(socketAddress ?? 'unknown');
}

/** The same, as far as `X-Forwarded-For` says it: `undefined` where it has no address in that place. */
export function forwardedAddress(forwardedFor: string | undefined, hops: number): string | undefined {
  const entry = hops > 0 ? (forwardedFor ?? '').split(',').at(-hops) : undefined;
  const address = addressOf(entry ?? '');
  return isIP(address) === 0 ? undefined : address;
}

/** @param address as `clientAddress` gives it */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

/** Without the port that some proxies add, which would be another one for each connection. */
function addressOf(entry: string): string {
  const withoutPort = entry.trim().replace(/^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2');
  // An IPv4 client of a dual-stack socket.
  return withoutPort.replace(/^::ffff:(?=\d+\.)/i, '');
}
