import { html } from 'hono/html';
import type { Role } from '../../../src/protocol/wire-types.js';
import type { NewConnection } from '../domain/github/connections.js';
import { githubOrganizationForm, githubTeamForm, maxMappedTeams } from '../domain/github/names.js';
import { RefusedChange } from '../domain/refused-change.js';
import type { FormFields } from './form-guard.js';
import type { Html } from './layout.js';

const roles: readonly Role[] = ['member', 'admin', 'owner'];

/** What was typed, whether or not it can be used. */
export interface Draft {
  login: string;
  adminRole: Role;
  teams: { slug: string; role: Role }[];
}

export const emptyDraft: Draft = { login: '', adminRole: 'admin', teams: [] };

export function draftOf(fields: FormFields): Draft {
  const rows = Array.from({ length: maxMappedTeams }, (_, row) => ({
    slug: fields(`team_${row}`).trim(),
    role: roleOf(fields(`role_${row}`), 'member'),
  }));
  return {
    login: fields('login').trim(),
    adminRole: roleOf(fields('admin_role'), emptyDraft.adminRole),
    teams: rows.filter(({ slug }) => slug !== ''),
  };
}

/** Anything that no form of ours sends is the lesser right. */
function roleOf(sent: string, otherwise: Role): Role {
  return roles.find((role) => role === sent) ?? otherwise;
}

/** @throws {RefusedChange} */
export function checkedLogin({ login }: Draft): string {
  if (githubOrganizationForm.matches(login)) return login;
  throw new RefusedChange('invalid', `The name ${githubOrganizationForm.rule}.`);
}

/** @throws {RefusedChange} */
export function checkedRoles({ adminRole, teams }: Draft): Pick<NewConnection, 'adminRole' | 'teams'> {
  for (const [index, { slug }] of teams.entries()) {
    if (!githubTeamForm.matches(slug)) throw new RefusedChange('invalid', `The team ${slug} ${githubTeamForm.rule}.`);
    if (teams.slice(0, index).some((other) => other.slug === slug)) {
      throw new RefusedChange('invalid', `The team ${slug} is given more than once.`);
    }
  }
  return { adminRole, teams };
}

/** What owners and teams at GitHub are here. A few rows are left for more teams. */
export function rolesFields({ adminRole, teams }: Pick<Draft, 'adminRole' | 'teams'>): Html {
  const shown = Math.min(maxMappedTeams, teams.length + 3);
  const rows = Array.from({ length: shown }, (_, row) => {
    const { slug, role } = teams[row] ?? { slug: '', role: 'member' };
    return html`<div class="team">
      <input name="team_${row}" value="${slug}" aria-label="Team ${row + 1}" maxlength="100" autocomplete="off" />
      <select name="role_${row}" aria-label="Role of team ${row + 1}">
        ${options(role)}
      </select>
    </div> `;
  });
  return html`<label for="admin_role">Owners of the GitHub organization are</label>
    <select id="admin_role" name="admin_role">
      ${options(adminRole)}
    </select>
    <fieldset>
      <legend>Teams</legend>
      <p class="hint">
        A team by the name in its address, and what its members are here. Empty it to end that. Everybody else is a
        member; of several roles a person has the highest.
      </p>
      ${rows}
    </fieldset>`;
}

function options(chosen: Role): Html[] {
  return roles.map((role) => html`<option value="${role}" ${role === chosen ? html` selected` : ''}>${role}</option> `);
}
