import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import pino from 'pino';
import { tempDir } from '../../test/support/temp-dir.js';
import { defaultAuditDays, startBackground, type Background } from '../src/background.js';
import { openSqliteDatabase } from '../src/database/sqlite.js';
import { defaultStaleAfterMs } from '../src/domain/github/staleness.js';
import type { Database } from '../src/domain/repositories.js';

const minute = 60_000;

let database: Database;
let background: Background;
let written: string[];
let log: string;
beforeEach(async () => {
  database = await openSqliteDatabase(tempDir());
  written = [];
  log = '';
  const flush = (what: string) => () => Promise.resolve(void written.push(what));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  background = startBackground({
    database,
    accessCheck: {
      check: () => Promise.reject(new Error('nobody asks')),
      lookups: { warm: 0, cold: 0 },
      flush: flush('uses'),
    },
    refusedAccess: { record: () => undefined, flush: flush('refusals') },
    loginChecks: { run: flush('logins'), close: () => Promise.resolve() },
    identityProviders: [],
    clock: () => 0,
    logger: pino({ level: 'warn' }, { write: (line) => void (log += line) }),
    auditDays: defaultAuditDays,
    github: null,
    staleAfterMs: defaultStaleAfterMs,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await background.close();
  await database.close();
});

it('uses of tokens are written down every minute, and how often access was refused every hour', async () => {
  await vi.advanceTimersByTimeAsync(59 * minute);
  expect(written.filter((what) => what === 'uses').length).toBeGreaterThanOrEqual(59);
  expect(written).not.toContain('refusals');
  await vi.advanceTimersByTimeAsync(minute);
  expect(written.filter((what) => what === 'refusals')).toHaveLength(1);
});

it('both are written down in the end', async () => {
  await background.close();
  expect(written.sort()).toEqual(['refusals', 'uses']);
});

it('the operator is told of an organization without an owner, once until it has had one again', async () => {
  const { users, organizations } = database;
  const told = () => log.split('acme has no owner').length - 1;
  const owner = { userId: 'u1', organizationId: 'o1', role: 'owner', source: 'github', createdAt: 0 } as const;
  await users.insert({ id: 'u1', email: 'grace@acme.example', name: 'Grace', createdAt: 0 });
  await organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: 0 });
  await organizations.addMember(owner);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(told()).toBe(0);
  await organizations.ofSource.remove(owner);
  await vi.advanceTimersByTimeAsync(5 * minute);
  expect(told()).toBe(1);
  expect(log).toContain('nxkey-server member role --data <folder> --org acme --email <address> --role owner');
  await organizations.addMember(owner);
  await vi.advanceTimersByTimeAsync(2 * minute);
  await organizations.ofSource.remove(owner);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(told()).toBe(2);
});

it('what a former identity provider gave is suspended', async () => {
  const { users, organizations } = database;
  const member = { userId: 'u1', organizationId: 'o1', role: 'member', source: 'oidc', createdAt: 0 } as const;
  await users.insert({ id: 'u1', email: 'grace@acme.example', name: 'Grace', createdAt: 0 });
  await organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: 0 });
  await organizations.addMember(member);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(await organizations.isSuspended('u1', 'o1')).toBe(true);
});
