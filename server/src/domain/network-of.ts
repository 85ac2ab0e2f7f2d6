import { isIPv6 } from 'node:net';

/**
 * Whom a limit by address is for: an IPv4 address, or the /64 network of an IPv6 one, since whoever has one address of
 * it can use all 2^64.
 */
export function networkOf(ipAddress: string): string {
  if (!isIPv6(ipAddress)) return ipAddress;
  const [head = '', tail] = ipAddress.toLowerCase().split('::');
  const first = groups(head);
  // The gap stands for as many zeros as are missing; of them and what follows, only the first four groups matter.
  const zeros = tail === undefined ? 0 : 8 - first.length - groups(tail).length;
  const all = [...first, ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  const network = all.slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups, which no /64 reaches. */
function groups(text: string): string[] {
  return text === '' ? [] : text.replace(/\d+(\.\d+){3}/, '0:0').split(':');
}
