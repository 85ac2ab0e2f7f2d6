/**
 * Who is asking. Behind `hops` proxies of ours the nearest of them saw the client, or the proxy before it, and appended
 * that to `X-Forwarded-For`: so it is counted from the end. What stands further left, the client may have invented.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string {
  const chain = (forwardedFor ?? '').split(',').map((entry) => entry.trim());
  const forwarded = hops > 0 ? chain.at(-hops) : undefined;
  const address = forwarded === undefined || forwarded === '' ? (socketAddress ?? 'unknown') : forwarded;
  // An IPv4 client of a dual-stack socket.
  return address.replace(/^::ffff:(?=\d+\.)/, '').slice(0, 64);
}
