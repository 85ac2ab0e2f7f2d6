import type { AuditDetails } from '../../../protocol/audit-wire-types.js';

/** `role member → admin` for what changed, which an event has as `role.old` and `role.new`; `level read-only` else. */
export function detailsInWords(details: AuditDetails): string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    const changed = /^(.+)\.(old|new)$/.exec(name);
    const [, thing, which] = changed ?? [];
    const [before, after] = [`${thing}.old`, `${thing}.new`];
    if (thing === undefined || !(before in details && after in details)) return [`${name} ${word(value)}`];
    return which === 'old' ? [`${thing} ${word(value)} → ${word(details[after])}`] : [];
  });
}

function word(value: AuditDetails[string] | undefined): string {
  return String(value ?? 'none');
}
