import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { CredentialStore } from '../../src/credentials/credential-store.js';
import { recordToken } from '../support/ledger.js';

export interface StoreUnderTest {
  store: CredentialStore;
  /** All that the place holds, in any form that can be compared. */
  inventory: () => unknown;
}

/** What every place for tokens has to do. `create` is called in each test; the place may have entries of others. */
export function testCredentialStore({ create }: { create: () => StoreUnderTest }): void {
  it('has no token for a server it was given none for', async () => {
    const { store } = create();
    expect(await store.read(anyServer())).toBeNull();
  });

  it('gives back the token it was given', async () => {
    const { store } = create();
    const [server, token] = [anyServer(), anyToken()];
    await store.write(server, token);
    expect(await store.read(server)).toBe(token);
  });

  it('keeps a token as it is, whatever characters are in it', async () => {
    const { store } = create();
    const [server, token] = [anyServer(), `${anyToken()} "\\ {}:,\n\tåß✓`];
    await store.write(server, token);
    expect(await store.read(server)).toBe(token);
  });

  it('keeps the tokens of different servers apart, also of two on one host', async () => {
    const { store } = create();
    const server = anyServer();
    const [first, second] = [anyToken(), anyToken()];
    await store.write(server, first);
    await store.write(`${server}/nx`, second);
    expect(await store.read(server)).toBe(first);
    expect(await store.read(`${server}/nx`)).toBe(second);
  });

  it('puts a new token in the place of the earlier one, and hands the earlier one out', async () => {
    const { store } = create();
    const [server, earlier, token] = [anyServer(), anyToken(), anyToken()];
    expect(await store.write(server, earlier)).toBeNull();
    expect(await store.write(server, token)).toBe(earlier);
    expect(await store.read(server)).toBe(token);
  });

  it('hands a token out that is written once more', async () => {
    const { store } = create();
    const [server, token] = [anyServer(), anyToken()];
    await store.write(server, token);
    expect(await store.write(server, token)).toBe(token);
  });

  it('forgets a token, and only that one', async () => {
    const { store } = create();
    const [server, other, token] = [anyServer(), anyServer(), anyToken()];
    await store.write(server, anyToken());
    await store.write(other, token);
    await store.delete(server);
    expect(await store.read(server)).toBeNull();
    expect(await store.read(other)).toBe(token);
  });

  it('takes it as done when a token to forget is not there', async () => {
    const { store, inventory } = create();
    const before = inventory();
    await store.delete(anyServer());
    expect(inventory()).toEqual(before);
  });

  it('finds out that it can store, and leaves nothing behind', async () => {
    const { store, inventory } = create();
    await store.write(anyServer(), anyToken());
    const before = inventory();
    await store.check();
    expect(inventory()).toEqual(before);
  });

  it('loses none of several tokens that are written at the same time', async () => {
    const { store } = create();
    const entries = Array.from({ length: 4 }, () => [anyServer(), anyToken()] as const);
    await Promise.all(entries.map(([server, token]) => store.write(server, token)));
    for (const [server, token] of entries) expect(await store.read(server)).toBe(token);
  });
}

export function anyServer(): string {
  return `https://${randomUUID()}.example`;
}

export function anyToken(): string {
  const token = `nxp_${randomUUID().replaceAll('-', '')}`;
  recordToken(token);
  return token;
}
