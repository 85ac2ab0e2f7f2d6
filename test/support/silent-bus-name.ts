import { once } from 'node:events';
import { createConnection } from 'node:net';

export interface SilentBusName {
  /** Resolves when a message with this text in it has come in: a member, a path. */
  received(text: string): Promise<void>;
  release(): void;
}

/**
 * Takes a name on a D-Bus session bus and answers nothing that is sent to it: a Secret Service that hangs, a password
 * prompt in front of which nobody sits. D-Bus by hand, since all of it that is needed are two method calls.
 */
export async function ownBusName(name: string, address: string): Promise<SilentBusName> {
  const path = /unix:path=([^,;]+)/.exec(address)?.[1];
  if (path === undefined) throw new Error(`not the address of a session bus: ${address}`);

  const socket = createConnection(path);
  socket.setEncoding('latin1');
  let data = '';
  socket.on('data', (text: string) => (data += text));
  const received = async (text: string) => {
    while (!data.includes(text)) await once(socket, 'data');
  };

  // D-Bus Specification, "Authentication Protocol": a NUL byte, then lines; the uid as hex of its decimal digits.
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
  await received('OK ');
  socket.write('BEGIN\r\n');
  socket.write(methodCall(1, 'Hello', '', Buffer.alloc(0)));
  // DBUS_NAME_FLAG_DO_NOT_QUEUE (4): have the name or get an answer that says no.
  socket.write(
    methodCall(2, 'RequestName', 'su', Buffer.concat([dbusString(name), aligned(name.length + 5, 4), uint32(4)])),
  );
  await received(`${name}\0`);
  return { received, release: () => socket.destroy() };
}

/** D-Bus Specification, "Message Format": little-endian call of a method of the bus itself. */
function methodCall(serial: number, member: string, signature: string, body: Buffer): Buffer {
  const fields = [
    field(1, 'o', dbusString('/org/freedesktop/DBus')),
    field(2, 's', dbusString('org.freedesktop.DBus')),
    field(3, 's', dbusString(member)),
    field(6, 's', dbusString('org.freedesktop.DBus')),
    ...(signature === '' ? [] : [field(8, 'g', dbusSignature(signature))]),
  ];
  let array = Buffer.alloc(0);
  // Each field is a struct and starts on a multiple of 8; the array itself does so in the message.
  for (const one of fields) array = Buffer.concat([array, aligned(array.length, 8), one]);
  const methodCallType = 1;
  const protocolVersion = 1;
  const start = Buffer.from(['l'.charCodeAt(0), methodCallType, 0, protocolVersion]);
  const head = Buffer.concat([start, uint32(body.length), uint32(serial), uint32(array.length), array]);
  return Buffer.concat([head, aligned(head.length, 8), body]);
}

function field(code: number, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code]), dbusSignature(type), value]);
}

function dbusString(text: string): Buffer {
  return Buffer.concat([uint32(text.length), Buffer.from(`${text}\0`, 'latin1')]);
}

function dbusSignature(text: string): Buffer {
  return Buffer.from(`${String.fromCharCode(text.length)}${text}\0`, 'latin1');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The padding after `length` bytes, up to a multiple of `boundary`. */
function aligned(length: number, boundary: number): Buffer {
  return Buffer.alloc((boundary - (length % boundary)) % boundary);
}
