import { expect, it } from 'vitest';
import type { AuditFilter } from '../../src/domain/audit.js';
import type { AuditEvent } from '../../src/domain/model.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;

/** What every database has to do with the audit log. `database` has the user u1, ada@acme.example. */
export function testAuditEvents(database: () => Database): void {
  const event = (change: Partial<AuditEvent> & { id: string }): AuditEvent => ({
    at: now,
    action: 'workspace.changed',
    actor: { kind: 'user', id: 'u1', name: 'ada@acme.example' },
    organizationId: 'o1',
    workspaceId: 'w1',
    target: 'shop',
    details: { before: 'none', after: 'read-only', count: 2, done: true, nothing: null },
    ipAddress: '192.0.2.7',
    requestId: 'r1',
    count: 1,
    ...change,
  });
  async function insert(...events: (Partial<AuditEvent> & { id: string })[]): Promise<void> {
    for (const change of events) await database().auditEvents.insert(event(change));
  }
  async function found(filter: Partial<AuditFilter>): Promise<string[]> {
    return (await database().auditEvents.find({ limit: 100, ...filter })).map(({ id }) => id);
  }

  it('gives events back as they were written, newest first', async () => {
    await insert({ id: 'e1' }, { id: 'e2', at: now + 1, organizationId: null, workspaceId: null, target: null });
    expect(await database().auditEvents.find({ limit: 2 })).toEqual([
      event({ id: 'e2', at: now + 1, organizationId: null, workspaceId: null, target: null }),
      event({ id: 'e1' }),
    ]);
  });

  it('shows an action that only another version knows', async () => {
    await insert({ id: 'e1', action: 'satellite.launched' }, { id: 'e2', at: now + 1 });
    expect((await database().auditEvents.find({ limit: 9 })).map(({ action }) => action)).toEqual([
      'workspace.changed',
      'satellite.launched',
    ]);
  });

  it('finds them by workspace, action and time', async () => {
    await insert(
      { id: 'e1', at: now },
      { id: 'e2', at: now + 1, workspaceId: 'w2' },
      { id: 'e3', at: now + 2, action: 'cache.purged' },
    );
    expect(await found({ workspaceId: 'w1' })).toEqual(['e3', 'e1']);
    expect(await found({ actions: ['cache.purged', 'pat.created'] })).toEqual(['e3']);
    expect(await found({ since: now + 1 })).toEqual(['e3', 'e2']);
    expect(await found({ until: now + 1 })).toEqual(['e1']);
  });

  it('finds them by a part of the actor’s name, whatever its case, and takes no character of it for a pattern', async () => {
    await insert(
      { id: 'e1', actor: { kind: 'user', id: 'u1', name: 'Ada@acme.example' } },
      { id: 'e2', actor: { kind: 'ci-token', id: 't1', name: '100%_main\\' } },
      { id: 'e3', actor: { kind: 'anonymous', id: null, name: null } },
    );
    expect(await found({ actor: 'ADA@' })).toEqual(['e1']);
    expect(await found({ actor: '%_' })).toEqual(['e2']);
    expect(await found({ actor: 'main\\' })).toEqual(['e2']);
    expect(await found({ actor: 'a_a' })).toEqual([]);
  });

  it('shows an organization its own events and what concerns its members alone, and nothing of others', async () => {
    const { organizations, users } = database();
    await organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
    await users.insert({ id: 'u2', email: 'eve@evil.example', name: 'Eve', createdAt: now });
    const membership = {
      userId: 'u1',
      organizationId: 'o1',
      role: 'member',
      source: 'manual',
      createdAt: now,
    } as const;
    await organizations.addMember(membership);
    const alone = { organizationId: null, workspaceId: null };
    const nobody = { kind: 'anonymous', id: null, name: null } as const;
    await insert(
      { id: 'e1' },
      { id: 'e2', ...alone, action: 'user.signed-in' },
      { id: 'e3', ...alone, actor: nobody, target: 'ada@acme.example', action: 'user.sign-in-failed' },
      { id: 'e4', organizationId: 'o2' },
      { id: 'e5', ...alone, actor: { kind: 'user', id: 'u2', name: 'eve@evil.example' } },
      { id: 'e6', ...alone, actor: nobody, target: 'eve@evil.example' },
    );
    expect((await found({ organizationId: 'o1' })).sort()).toEqual(['e1', 'e2', 'e3']);
    expect((await found({})).length).toBe(6);
  });

  it('goes from page to page without losing or repeating one, also among those of one moment', async () => {
    await insert({ id: 'e1' }, { id: 'e2' }, { id: 'e3' }, { id: 'e4', at: now - 1 });
    const pages = [await found({ limit: 2 }), await found({ limit: 2, before: { at: now, id: 'e2' } })];
    expect(pages).toEqual([
      ['e3', 'e2'],
      ['e1', 'e4'],
    ]);
    expect(await found({ before: { at: now - 1, id: 'e4' } })).toEqual([]);
  });

  it('forgets those that are older than they are kept', async () => {
    await insert({ id: 'e1', at: now - 1 }, { id: 'e2' });
    await database().auditEvents.removeOlder(now);
    expect(await found({})).toEqual(['e2']);
  });
}
