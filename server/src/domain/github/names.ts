import type { NameForm } from '../names.js';

/** Names of GitHub's, as they stand in its addresses: wide enough for all of them, and for no path. */
const matches: NameForm['matches'] = (text) => /^[A-Za-z0-9_][\w.-]{0,99}$/.test(text);

export const githubOrganizationForm: NameForm = {
  rule: 'has to be the name that a GitHub organization has in the address of its page, such as acme',
  matches,
};

export const githubTeamForm: NameForm = {
  rule: 'has to be the name that a GitHub team has in the address of its page, such as platform',
  matches,
};

/** GitHub is asked for the members of each in every reconciliation. */
export const maxMappedTeams = 50;
