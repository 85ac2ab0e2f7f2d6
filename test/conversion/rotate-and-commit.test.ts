import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { convertWorkspaces, type Outcome } from '../../src/conversion/convert-workspaces.js';
import { givenId } from '../../src/conversion/ids.js';
import { oneAtATime } from '../../src/conversion/one-at-a-time.js';
import type { Rotation } from '../../src/conversion/rotation/create-rotator.js';
import { UserError } from '../../src/errors.js';
import { repositoryFinder } from '../../src/git/repository.js';
import { emptyRepository, type MadeRepository } from '../git/made-repository.js';
import { readWriteToken } from '../nx-workspace/convert-text.js';

const before = `{ "nxCloudAccessToken": "${readWriteToken}" }\n`;

function repository(): MadeRepository {
  const made = emptyRepository();
  made.commit({ 'nx.json': before });
  return made;
}

const rotation: Rotation = {
  status: 'rotated',
  handedOver: [{ name: 'NX_CLOUD_ACCESS_TOKEN', accessLevel: 'read-write', id: 'new' }],
  ended: [{ id: 'old', name: 'nx.json', expiresAt: '2027-01-08T12:00:00.000Z' }],
};

/** With --rotate --commit, where the server has done its part. */
async function convert(made: MadeRepository, branch?: string, done: Rotation = rotation) {
  let rotations = 0;
  const [outcome] = await convertWorkspaces([{ workspace: made.root, display: (path) => path }], {
    ids: givenId('63f1a2b3c4d5e6f708192a3b'),
    loginServer: () => undefined,
    tokenFile: undefined,
    dryRun: false,
    force: false,
    patchCi: false,
    scanHistory: false,
    commit: { message: undefined, branch },
    rotate: () => {
      rotations += 1;
      return Promise.resolve(done);
    },
    rotates: true,
    findRepository: repositoryFinder(made.env),
    inTurn: oneAtATime(),
  });
  return { outcome, rotations };
}

function refusal(outcome: Outcome | undefined): UserError {
  if (outcome !== undefined && 'error' in outcome && outcome.error instanceof UserError) return outcome.error;
  throw new Error('It was converted.');
}

describe('--rotate with --commit', () => {
  it('rotates nothing where a merge is in progress', async () => {
    const made = repository();
    made.write('.git/MERGE_HEAD', made.git('rev-parse', 'HEAD'));
    const { outcome, rotations } = await convert(made);
    expect(refusal(outcome).message).toContain('A merge is in progress');
    expect(rotations).toBe(0);
  });

  it('rotates nothing where the branch exists already', async () => {
    const made = repository();
    made.git('branch', 'ids');
    const { outcome, rotations } = await convert(made, 'ids');
    expect(refusal(outcome).message).toContain('There is a branch ids');
    expect(rotations).toBe(0);
  });

  it('says that tokens were rotated and until when to run it again, where a hook refuses the commit', async () => {
    const made = repository();
    made.write('.git/hooks/pre-commit', '#!/bin/sh\necho "No commits on Sundays" >&2\nexit 1\n');
    chmodSync(made.path('.git/hooks/pre-commit'), 0o755);
    const { outcome, rotations } = await convert(made);
    expect(rotations).toBe(1);
    expect(made.read('nx.json')).toBe(before);
    const { message, remedy } = refusal(outcome);
    expect(message).toContain('No commits on Sundays');
    expect(message).toContain(
      'The files are as they were, but CI has got new tokens, and the committed token ends at 2027-01-08 12:00 UTC.',
    );
    expect(remedy).toContain('Run the command again before that');
  });

  it('says how to go on where the committed token has ended with that', async () => {
    const made = repository();
    made.write('.git/hooks/pre-commit', '#!/bin/sh\nexit 1\n');
    chmodSync(made.path('.git/hooks/pre-commit'), 0o755);
    const ended = [{ id: 'old', name: 'nx.json', expiresAt: null }];
    const { outcome } = await convert(made, undefined, { ...rotation, ended });
    const { message, remedy } = refusal(outcome);
    expect(message).toContain('and the committed token has ended.');
    expect(remedy).toContain('--nx-cloud-id 63f1a2b3c4d5e6f708192a3b');
  });
});
