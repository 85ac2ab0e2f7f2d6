import { describe, expect, it } from 'vitest';
import { ask, startTlsServer, testAuthority, testToken } from './run-ask.js';

describe('a server with a certificate of a private authority', () => {
  it('is trusted when NODE_EXTRA_CA_CERTS names the authority', async () => {
    const { port, authorizations } = await startTlsServer();
    expect(await ask(`https://localhost:${port}`, testAuthority)).toEqual({ status: 200, body: { fine: true } });
    expect(authorizations).toEqual([`Bearer ${testToken}`]);
  });

  it('is refused otherwise, with a sentence that names NODE_EXTRA_CA_CERTS, and never sees the token', async () => {
    const { port, authorizations } = await startTlsServer();
    expect(await ask(`https://localhost:${port}`)).toEqual({
      name: 'ServerUnreachable',
      message:
        `Could not reach https://localhost:${port}: its certificate was not issued by an authority that Node.js ` +
        'knows (UNABLE_TO_VERIFY_LEAF_SIGNATURE).',
      remedy:
        "If your organization has its own certificate authority, save the authority's certificate as a PEM file and " +
        'set NODE_EXTRA_CA_CERTS=<that file>.',
    });
    expect(authorizations).toEqual([]);
  });

  it('is refused when the certificate is for another host', async () => {
    const { port, authorizations } = await startTlsServer();
    expect(await ask(`https://127.0.0.2:${port}`, testAuthority)).toMatchObject({ name: 'ServerUnreachable' });
    expect(authorizations).toEqual([]);
  });
});
