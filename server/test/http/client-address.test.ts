import { expect, it } from 'vitest';
import { clientAddress } from '../../src/http/client-address.js';

it.each([
  ['without a proxy is that of the connection, whatever a header says', '192.0.2.1', '198.51.100.1', 0, '192.0.2.1'],
  ['behind one proxy is the last that it added', '10.0.0.1', 'spoofed, 198.51.100.1', 1, '198.51.100.1'],
  ['behind two proxies is the last but one', '10.0.0.1', 'spoofed, 198.51.100.1, 10.0.0.2', 2, '198.51.100.1'],
  ['is that of the connection when the chain is too short', '10.0.0.1', '198.51.100.1', 2, '10.0.0.1'],
  ['is that of the connection when a proxy added nothing', '10.0.0.1', undefined, 1, '10.0.0.1'],
  ['of IPv4 on an IPv6 socket is IPv4', '::ffff:192.0.2.1', undefined, 0, '192.0.2.1'],
  ['is that of the connection when the chain holds no address', '10.0.0.1', 'spoofed, unknown', 1, '10.0.0.1'],
  ['is without the port that a proxy adds', '10.0.0.1', '198.51.100.1:51234', 1, '198.51.100.1'],
  ['of IPv6 is without brackets and port', '10.0.0.1', '[2001:db8::1]:51234', 1, '2001:db8::1'],
  ['of IPv6 stays as it is', '2001:db8::1', undefined, 0, '2001:db8::1'],
])('the client address %s', (_sentence, socket, forwardedFor, hops, address) => {
  expect(clientAddress(socket, forwardedFor, hops)).toBe(address);
});
