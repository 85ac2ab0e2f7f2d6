import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { newToken } from '../../src/domain/secrets.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { bearer, get, put } from './cache-client.js';

const metricsToken = 'a-token-for-the-metrics';
recordToken(metricsToken);

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ metrics: { registry: new Registry(), token: metricsToken } });
});
afterEach(() => server.close());

async function scrape(headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/metrics`, { headers });
  const text = await response.text();
  recordOutput('nxkey-server metrics', text);
  return { status: response.status, text };
}

describe('/metrics', () => {
  it('counts what became of each request, bytes, refusals and lookups, and names nobody', async () => {
    const target = { url: server.url, nxCloudId: server.workspace.nxCloudId };
    const sent = bearer(await server.addCiToken('read-write'));
    await put(target, '1', sent, 'hello');
    await put(target, '1', sent, 'hello');
    await get(target, '1', sent);
    await get(target, '1', sent);
    await get(target, '2', sent);
    await get(target, '..%2f', sent);
    await get(target, '1', bearer(newToken('ci')));
    const { status, text } = await scrape();
    expect(status).toBe(200);
    for (const line of [
      'nxkey_cache_requests_total{method="GET",result="hit"} 2',
      'nxkey_cache_requests_total{method="GET",result="miss"} 1',
      'nxkey_cache_requests_total{method="GET",result="bad-request"} 1',
      'nxkey_cache_requests_total{method="GET",result="unauthenticated"} 1',
      'nxkey_cache_requests_total{method="PUT",result="stored"} 1',
      'nxkey_cache_requests_total{method="PUT",result="exists"} 1',
      'nxkey_cache_bytes_total{direction="received"} 5',
      'nxkey_cache_bytes_total{direction="sent"} 10',
      'nxkey_cache_refused_total{reason="bad-credential"} 1',
      // As the size limit counts it: a block.
      'nxkey_cache_artifact_bytes 4096',
      'nxkey_cache_request_duration_seconds_count{method="PUT"} 2',
      // Once for the good token, once for the bad one.
      'nxkey_access_lookups_total{source="database"} 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).not.toMatch(new RegExp(`shop|acme|${server.workspace.nxCloudId}`));
    expect((await scrape()).text).toContain('nxkey_cache_requests_total{method="PUT",result="stored"} 1\n');
  });

  it('are for this machine, and for whoever has the token; nobody else is told that they are there', async () => {
    expect((await scrape()).status).toBe(200);
    // A proxy on this machine that the server was not told of.
    const through = { 'x-forwarded-for': '192.0.2.1' };
    expect((await scrape(through)).status).toBe(404);
    expect((await scrape({ 'x-forwarded-for': '127.0.0.1' })).status).toBe(404);
    for (const name of ['forwarded', 'via', 'x-forwarded-host', 'x-real-ip']) {
      expect((await scrape({ [name]: '127.0.0.1' })).status).toBe(404);
    }
    expect((await scrape({ ...through, ...bearer(metricsToken) })).status).toBe(200);
    expect((await scrape({ ...through, ...bearer('another-token') })).status).toBe(404);
    expect((await scrape({ ...through, ...bearer(await server.addToken(server.owner)) })).status).toBe(404);
  });

  it('behind a proxy go by the address that the proxy saw', async () => {
    await server.close();
    server = await startTestServer({ trustedProxyHops: 1 });
    expect((await scrape({ 'x-forwarded-for': '192.0.2.1' })).status).toBe(404);
    expect((await scrape({ 'x-forwarded-for': '127.0.0.1, 192.0.2.1' })).status).toBe(404);
    expect((await scrape({ 'x-forwarded-for': '127.0.0.1' })).status).toBe(200);
    expect((await scrape({ 'x-forwarded-for': '192.0.2.1', authorization: 'Bearer ' })).status).toBe(404);
    expect((await scrape({ 'x-real-ip': '127.0.0.1' })).status).toBe(404);
    expect((await scrape()).status).toBe(200);
  });

  it('are not for whoever comes through fewer proxies than there should be: their address is not known', async () => {
    await server.close();
    server = await startTestServer({ trustedProxyHops: 2 });
    for (const forwardedFor of ['192.0.2.1', '127.0.0.1', '', 'unknown, 127.0.0.1']) {
      expect((await scrape({ 'x-forwarded-for': forwardedFor })).status).toBe(404);
    }
    expect((await scrape({ 'x-forwarded-for': '127.0.0.1, 192.0.2.9' })).status).toBe(200);
  });
});
