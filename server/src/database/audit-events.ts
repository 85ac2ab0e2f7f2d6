import { sql, type Kysely, type Selectable } from 'kysely';
import type { AuditDetails } from '../../../src/protocol/audit-wire-types.js';
import type { AuditRepository } from '../domain/audit.js';
import type { AuditEvent } from '../domain/model.js';
import type { Tables } from './schema.js';

export function createAuditRepository(db: Kysely<Tables>): AuditRepository {
  /** Those for whom a thing that concerns a person alone is the organization's business. */
  const members = (organizationId: string) =>
    db
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.userId')
      .where('memberships.organizationId', '=', organizationId);

  return {
    async insert({ actor, details, ...event }) {
      await db
        .insertInto('auditEvents')
        .values({
          ...event,
          actorKind: actor.kind,
          actorId: actor.id,
          actorName: actor.name,
          details: JSON.stringify(details),
        })
        .execute();
    },

    async find({ organizationId, workspaceId, actions, actor, since, until, before, limit }) {
      let query = db.selectFrom('auditEvents').selectAll();
      if (organizationId !== undefined) {
        query = query.where((is) =>
          is.or([
            is('organizationId', '=', organizationId),
            is.and([
              is('organizationId', 'is', null),
              is.or([
                is('actorId', 'in', members(organizationId).select('users.id')),
                // Whoever fails to sign in is nobody yet, and what an operator does to a person has only this, too.
                is('target', 'in', members(organizationId).select('users.email')),
              ]),
            ]),
          ]),
        );
      }
      if (workspaceId !== undefined) query = query.where('workspaceId', '=', workspaceId);
      if (actions !== undefined) query = query.where('action', 'in', actions);
      if (actor !== undefined) {
        query = query.where((is) => sql`lower(${is.ref('actorName')}) like ${containing(actor)} escape '\\'`);
      }
      if (since !== undefined) query = query.where('at', '>=', since);
      if (until !== undefined) query = query.where('at', '<', until);
      if (before !== undefined) {
        query = query.where((is) =>
          is.or([is('at', '<', before.at), is.and([is('at', '=', before.at), is('id', '<', before.id)])]),
        );
      }
      const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
      return rows.map(fromRow);
    },

    async removeOlder(before) {
      await db.deleteFrom('auditEvents').where('at', '<', before).execute();
    },
  };
}

/** A pattern for `like` in which nothing of the text has a meaning of its own. */
function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}

function fromRow(row: Selectable<Tables['auditEvents']>): AuditEvent {
  const { actorKind, actorId, actorName, details, ...event } = row;
  return {
    ...event,
    actor: { kind: actorKind, id: actorId, name: actorName },
    details: parseDetails(details),
  };
}

function parseDetails(text: string): AuditDetails {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('the details of an audit event are damaged');
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Detail] => isDetail(entry[1])));
}

type Detail = AuditDetails[string];

function isDetail(value: unknown): value is Detail {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
