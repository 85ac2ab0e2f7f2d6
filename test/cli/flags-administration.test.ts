import { describe, expect, it } from 'vitest';
import { auditCommand } from '../../src/cli/commands/audit/command.js';
import { cachePurgeCommand, cacheStatsCommand } from '../../src/cli/commands/cache/command.js';
import {
  ciTokenCreateCommand,
  ciTokenImportCommand,
  ciTokenListCommand,
  ciTokenRevokeCommand,
  ciTokenRotateCommand,
} from '../../src/cli/commands/ci-token/command.js';
import { completionCommand } from '../../src/cli/commands/completion/command.js';
import {
  memberAddCommand,
  memberListCommand,
  memberRemoveCommand,
  memberRoleCommand,
} from '../../src/cli/commands/member/command.js';
import { orgCreateCommand, orgListCommand, orgShowCommand } from '../../src/cli/commands/org/command.js';
import {
  confirmRemovalsCommand,
  connectGithubCommand,
  disconnectGithubCommand,
  showGithubCommand,
  syncGithubCommand,
} from '../../src/cli/commands/org/github/command.js';
import {
  workspaceCreateCommand,
  workspaceListCommand,
  workspaceSetCommand,
  workspaceShowCommand,
} from '../../src/cli/commands/workspace/command.js';
import { UsageError } from '../../src/errors.js';
import { flagsOf, type MakeCommand } from './flags-of.js';

const server = 'https://cache.acme.example';
const id = '63f1a2b3c4d5e6f708192a3b';
const email = 'grace@acme.example';

describe('the flags of the commands that administer', () => {
  it.each<[string, MakeCommand, string[], unknown]>([
    ['org list', orgListCommand, [], { json: false }],
    ['org list', orgListCommand, ['--server', server, '--json'], { server, json: true }],
    ['org show', orgShowCommand, [], { json: false }],
    ['org show', orgShowCommand, ['acme'], { org: 'acme', json: false }],
    [
      'org create',
      orgCreateCommand,
      ['acme', '--name', ' Acme Inc. '],
      { slug: 'acme', name: 'Acme Inc.', json: false },
    ],
    ['org connect-github', connectGithubCommand, ['acme-inc'], { login: 'acme-inc', json: false }],
    [
      'org connect-github',
      connectGithubCommand,
      ['acme-inc', '--team', 'platform=admin', '--team', 'docs=member', '--admins-as', 'owner', '--org', 'acme'],
      {
        login: 'acme-inc',
        teams: [
          { slug: 'platform', role: 'admin' },
          { slug: 'docs', role: 'member' },
        ],
        adminsAs: 'owner',
        org: 'acme',
        json: false,
      },
    ],
    [
      'org connect-github',
      connectGithubCommand,
      ['acme-inc', '--without-teams'],
      { login: 'acme-inc', teams: [], json: false },
    ],
    ['org github', showGithubCommand, ['--org', 'acme', '--json'], { org: 'acme', json: true }],
    ['org sync-github', syncGithubCommand, [], { json: false }],
    ['org confirm-removals', confirmRemovalsCommand, ['--yes'], { yes: true, json: false }],
    ['org disconnect-github', disconnectGithubCommand, [], { yes: false, json: false }],
    ['workspace list', workspaceListCommand, ['--org', 'acme'], { org: 'acme', json: false }],
    ['workspace show', workspaceShowCommand, ['--workspace', id], { workspace: id, json: false }],
    [
      'workspace create',
      workspaceCreateCommand,
      ['shop', '--org', 'acme'],
      { name: 'shop', org: 'acme', preset: 'recommended', yes: false, json: false },
    ],
    [
      'workspace set',
      workspaceSetCommand,
      ['--preset', 'recommended'],
      { preset: 'recommended', yes: false, json: false },
    ],
    [
      'workspace set',
      workspaceSetCommand,
      ['--anonymous', 'none', '--pat', 'read-only', '--opt-in', '--name', 'shop'],
      { anonymous: 'none', pat: 'read-only', optIn: true, name: 'shop', yes: false, json: false },
    ],
    ['workspace set', workspaceSetCommand, ['--opt-out', '--yes'], { optOut: true, yes: true, json: false }],
    [
      'ci-token create',
      ciTokenCreateCommand,
      ['main', '--access', 'read-write', '--expires', '90d'],
      { name: 'main', access: 'read-write', expires: 7_776_000, json: false },
    ],
    ['ci-token list', ciTokenListCommand, ['--workspace', id], { workspace: id, json: false }],
    ['ci-token rotate', ciTokenRotateCommand, ['main'], { token: 'main', grace: 86_400, json: false }],
    ['ci-token rotate', ciTokenRotateCommand, ['main', '--grace', '0'], { token: 'main', grace: 0, json: false }],
    [
      'ci-token rotate',
      ciTokenRotateCommand,
      ['main', '--grace', '2w'],
      { token: 'main', grace: 1_209_600, json: false },
    ],
    ['ci-token revoke', ciTokenRevokeCommand, ['main', '--yes'], { token: 'main', yes: true, json: false }],
    ['ci-token import', ciTokenImportCommand, ['--name', 'nx.json', '--token-stdin'], { name: 'nx.json', json: false }],
    ['member list', memberListCommand, [], { json: false }],
    ['member add', memberAddCommand, [email], { email, role: 'member', json: false }],
    [
      'member add',
      memberAddCommand,
      [email, '--role', 'admin', '--name', 'Grace'],
      { email, role: 'admin', name: 'Grace', json: false },
    ],
    ['member role', memberRoleCommand, [email, 'owner'], { email, role: 'owner', json: false }],
    ['member remove', memberRemoveCommand, [email, '--org', 'acme'], { email, org: 'acme', yes: false, json: false }],
    ['cache stats', cacheStatsCommand, ['--json'], { json: true }],
    ['cache purge', cachePurgeCommand, ['--all'], { what: { kind: 'all' }, yes: false, json: false }],
    ['cache purge', cachePurgeCommand, ['--isolated'], { what: { kind: 'isolated' }, yes: false, json: false }],
    [
      'cache purge',
      cachePurgeCommand,
      ['--hash', '12'],
      { what: { kind: 'hash', hash: '12' }, yes: false, json: false },
    ],
    [
      'cache purge',
      cachePurgeCommand,
      ['--writer', 'main', '--yes'],
      { what: { kind: 'writer', writer: 'main' }, yes: true, json: false },
    ],
    ['audit', auditCommand, [], { limit: 50, json: false }],
    [
      'audit',
      auditCommand,
      ['--action', 'member.added', 'member.removed', '--since', '24h', '--until', '2026-11-21', '--limit', '7'],
      {
        action: ['member.added', 'member.removed'],
        since: { secondsAgo: 86_400 },
        until: { at: '2026-11-21T00:00:00.000Z' },
        limit: 7,
        json: false,
      },
    ],
    ['completion', completionCommand, ['zsh'], { shell: 'zsh' }],
  ])('%s takes %3$j', async (_, command, argv, flags) => {
    expect(await flagsOf(command, argv)).toEqual(flags);
  });

  it.each<[string, MakeCommand, string[], string]>([
    ['org create', orgCreateCommand, ['Acme'], 'lower-case'],
    ['org show', orgShowCommand, ['..'], 'lower-case'],
    ['org connect-github', connectGithubCommand, ['..'], 'address of its page'],
    ['org connect-github', connectGithubCommand, ['https://github.com/acme'], 'address of its page'],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'platform'], '--team platform=admin'],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'platform=king'], '--team platform=admin'],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'a/b=admin'], '--team platform=admin'],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'a=admin=b'], '--team platform=admin'],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'a=admin', '--team', 'a=member'], 'more than once'],
    ['workspace list', workspaceListCommand, ['--org', 'a/b'], 'lower-case'],
    ['workspace show', workspaceShowCommand, ['--workspace', '..'], '24 letters'],
    ['workspace create', workspaceCreateCommand, [' '], '1 to 100 characters'],
    ['workspace create', workspaceCreateCommand, ['a\u202eb'], '1 to 100 characters'],
    ['workspace set', workspaceSetCommand, [], 'Nothing to change'],
    ['workspace set', workspaceSetCommand, ['--yes', '--json'], 'Nothing to change'],
    ['ci-token create', ciTokenCreateCommand, ['main', '--access', 'read-only', '--expires', '0'], 'never be used'],
    ['ci-token create', ciTokenCreateCommand, ['main', '--access', 'read-only', '--expires', '90'], '--expires takes'],
    ['ci-token create', ciTokenCreateCommand, ['main', '--access', 'read-only', '--expires', '-1d'], '--expires takes'],
    ['ci-token create', ciTokenCreateCommand, ['main', '--access', 'read-only', '--expires', '99999d'], '3650 days'],
    ['ci-token rotate', ciTokenRotateCommand, ['main', '--grace', '31d'], '30 days'],
    ['ci-token rotate', ciTokenRotateCommand, ['main', '--grace', '1.5h'], '--grace takes'],
    ['ci-token import', ciTokenImportCommand, ['--name', 'x'], '--token-stdin is missing'],
    ['member add', memberAddCommand, ['grace'], 'e-mail address'],
    ['member remove', memberRemoveCommand, ['a b@c'], 'e-mail address'],
    ['cache purge', cachePurgeCommand, [], 'by none of the flags'],
    ['cache purge', cachePurgeCommand, ['--all', '--isolated'], 'by several of the flags'],
    ['cache purge', cachePurgeCommand, ['--hash', '../x'], '--hash takes'],
    ['audit', auditCommand, ['--limit', '0'], '--limit takes'],
    ['audit', auditCommand, ['--since', 'yesterday'], '--since takes'],
    ['audit', auditCommand, ['--until', '2026-13-01'], '--until takes'],
  ])('%s refuses %3$j with a sentence', async (_, command, argv, says) => {
    const refused = flagsOf(command, argv);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
  });

  it.each<[string, MakeCommand, string[]]>([
    ['org create', orgCreateCommand, []],
    ['org connect-github', connectGithubCommand, []],
    ['org connect-github', connectGithubCommand, ['acme', '--admins-as', 'king']],
    ['org connect-github', connectGithubCommand, ['acme', '--team', 'a=admin', '--without-teams']],
    ['workspace create', workspaceCreateCommand, ['shop', '--preset', 'open']],
    ['workspace set', workspaceSetCommand, ['--opt-in', '--opt-out']],
    ['workspace set', workspaceSetCommand, ['--pat', 'none']],
    ['ci-token create', ciTokenCreateCommand, ['main']],
    ['ci-token create', ciTokenCreateCommand, ['main', '--access', 'none']],
    ['ci-token import', ciTokenImportCommand, ['--name', 'x', '--token', 'y']],
    ['member role', memberRoleCommand, [email, 'king']],
    ['member role', memberRoleCommand, [email]],
    ['audit', auditCommand, ['--action', 'member.eaten']],
    ['completion', completionCommand, ['powershell']],
  ])('%s does not know %3$j', async (_, command, argv) => {
    await expect(flagsOf(command, argv)).rejects.toHaveProperty('code', expect.stringMatching(/^commander\./));
  });
});
