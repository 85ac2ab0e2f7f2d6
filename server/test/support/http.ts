export interface Answer {
  status: number;
  type: string | null;
  body: unknown;
}

export interface HttpClient {
  request: (path: string, init?: RequestInit & { token?: string }) => Promise<Answer>;
  /** Posts form fields. */
  form: (path: string, fields: Record<string, string>, token?: string) => Promise<Answer>;
}

/** A program that uses the REST API, with a bearer token or without. */
export function httpClient(origin: () => string): HttpClient {
  const request: HttpClient['request'] = async (path, { token, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(origin() + path, { ...init, headers });
    const text = await response.text();
    const type = response.headers.get('content-type');
    const body: unknown = type?.includes('json') === true ? JSON.parse(text) : text;
    return { status: response.status, type, body };
  };
  const form: HttpClient['form'] = (path, fields, token) =>
    request(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      ...(token === undefined ? {} : { token }),
    });
  return { request, form };
}
