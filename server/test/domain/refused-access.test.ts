import { beforeEach, describe, expect, it } from 'vitest';
import type { Access } from '../../src/domain/access-check.js';
import type { AuditRepository } from '../../src/domain/audit.js';
import type { AuditEvent } from '../../src/domain/model.js';
import { createRefusedAccess, type Refusal } from '../../src/domain/refused-access.js';

let events: AuditEvent[];
let isDown: boolean;
let errors: unknown[];
const auditEvents: AuditRepository = {
  insert(event) {
    if (isDown) return Promise.reject(new Error('down'));
    events.push(event);
    return Promise.resolve();
  },
  find: () => Promise.resolve([]),
  removeOlder: () => Promise.resolve(),
};
beforeEach(() => {
  events = [];
  errors = [];
  isDown = false;
});

function refusedAccess(maxKinds?: number) {
  const options = { auditEvents, clock: () => 7, onError: (error: unknown) => void errors.push(error) };
  return createRefusedAccess(maxKinds === undefined ? options : { ...options, maxKinds });
}

function refusal(userId: string, change: Partial<Refusal> = {}): Refusal {
  const access: Access = {
    decision: { level: 'none', scope: null, unauthenticated: false, because: 'you are not a member' },
    workspace: { id: 'w1', organizationId: 'o1' },
    actor: { kind: 'user', id: userId, name: `${userId}@acme.example` },
    writer: { kind: 'user', id: userId },
    refusal: 'anonymous-off',
  };
  return { access, reason: 'anonymous-off', operation: 'read', ipAddress: '192.0.2.1', requestId: 'r1', ...change };
}

describe('refused access', () => {
  it('is written down at once, with who, where and why', async () => {
    const refused = refusedAccess();
    refused.record(refusal('u1'));
    await refused.flush();
    expect(events).toEqual([
      {
        id: expect.any(String) as string,
        at: 7,
        action: 'access.refused',
        actor: { kind: 'user', id: 'u1', name: 'u1@acme.example' },
        organizationId: 'o1',
        workspaceId: 'w1',
        target: null,
        details: { operation: 'read', reason: 'anonymous-off' },
        ipAddress: '192.0.2.1',
        requestId: 'r1',
        count: 1,
      },
    ]);
  });

  it('that goes on is one event from one flush to the next, however often and from wherever', async () => {
    const refused = refusedAccess();
    for (let times = 0; times < 1000; times++) refused.record(refusal('u1', { ipAddress: `192.0.2.${times % 250}` }));
    refused.record(refusal('u2'));
    refused.record(refusal('u1', { operation: 'write' }));
    await refused.flush();
    expect(events.map(({ count }) => count)).toEqual([1, 1, 1, 999]);
    await refused.flush();
    refused.record(refusal('u1'));
    await refused.flush();
    expect(events.map(({ count }) => count)).toEqual([1, 1, 1, 999, 1]);
  });

  it('of more kinds than can be told apart is written down together', async () => {
    const refused = refusedAccess(3);
    for (let user = 0; user < 50; user++) refused.record(refusal(`u${user}`));
    await refused.flush();
    expect(events).toHaveLength(5);
    expect(events[4]).toMatchObject({ count: 46, actor: { kind: 'anonymous', id: null }, workspaceId: null });
    expect(events.reduce((sum, { count }) => sum + count, 0)).toBe(50);
  });

  it('is not lost when it cannot be written', async () => {
    const refused = refusedAccess();
    isDown = true;
    refused.record(refusal('u1'));
    await refused.flush();
    expect(errors).not.toHaveLength(0);
    expect(events).toEqual([]);
    isDown = false;
    await refused.flush();
    expect(events).toMatchObject([{ count: 1 }]);
  });
});
