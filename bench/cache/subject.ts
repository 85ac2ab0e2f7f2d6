/** A server that keeps artifacts, as the load generator sees it. */
export interface Subject {
  readonly name: string;
  /** `http://127.0.0.1:3000` */
  readonly origin: string;
  /** Where an artifact is: a path with `{hash}` in it. */
  readonly path: string;
  /** The `Authorization` header, for those that ask for one. */
  readonly authorization: string | undefined;
  stop(): Promise<void>;
}

export function urlOf(subject: Subject, hash: string): string {
  return subject.origin + subject.path.replace('{hash}', hash);
}

export function headersOf(subject: Subject): Record<string, string> {
  return subject.authorization === undefined ? {} : { authorization: subject.authorization };
}

/** @throws {Error} unless it is stored */
export async function put(subject: Subject, hash: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { ...headersOf(subject), 'content-type': 'application/octet-stream' };
  const response = await fetch(urlOf(subject, hash), { method: 'PUT', headers, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${subject.name} answered a PUT with ${response.status}: ${text}`);
}

/** The bytes, or `null` for 404. @throws {Error} for any other answer but 200 */
export async function get(subject: Subject, hash: string): Promise<Buffer | null> {
  const response = await fetch(urlOf(subject, hash), { headers: headersOf(subject) });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status === 404) return null;
  if (response.status !== 200) throw new Error(`${subject.name} answered a GET with ${response.status}`);
  return bytes;
}
