import { setImmediate } from 'node:timers/promises';
import type { ArtifactRepository } from '../domain/artifacts.js';
import type { Artifact } from '../domain/model.js';

export type PublishOutcome = 'stored' | 'exists' | 'refused';

/** An upload whose bytes are all kept, about to become an artifact. */
export interface Publication {
  artifact: Artifact;
  /** Asked right before the artifact is published. */
  mayPublish: () => Promise<boolean>;
}

export interface PublishQueue {
  /** @throws what `mayPublish` throws, or DatabaseUnavailableError; then it is not published */
  publish(publication: Publication): Promise<PublishOutcome>;
  /** Ends when the commit that may be under way is done: whoever was allowed to publish before this call, has. */
  settled(): Promise<void>;
  /** Ends when nothing is waiting any more. */
  idle(): Promise<void>;
}

/** What fits into one statement, with room to spare. */
const maxGroup = 256;

/**
 * Publishes in groups. A commit waits for the disk, and while it does nothing else in this process runs; so the uploads
 * that end meanwhile share the next one, and the more there are to do, the less each of them costs.
 */
export function createPublishQueue({ repository }: { repository: ArtifactRepository }): PublishQueue {
  let waiting: { publication: Publication; settle: (outcome: Promise<PublishOutcome>) => void }[] = [];
  let running: Promise<void> | undefined;
  let commit: Promise<unknown> = Promise.resolve();

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      // Lets the uploads that have just ended join.
      await setImmediate();
      const group = waiting.slice(0, maxGroup);
      waiting = waiting.slice(maxGroup);
      const outcomes = publishGroup(group.map(({ publication }) => publication));
      commit = Promise.allSettled(outcomes);
      group.forEach(({ settle }, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined) settle(outcome);
      });
      await commit;
    }
    running = undefined;
  }

  /** One promise for each, in order. */
  function publishGroup(group: Publication[]): Promise<PublishOutcome>[] {
    const permissions = group.map(({ mayPublish }) => mayPublish());
    const inserted = Promise.allSettled(permissions).then(async (answers) => {
      const allowed = group.filter((_, index) => {
        const answer = answers[index];
        return answer?.status === 'fulfilled' && answer.value;
      });
      const wins = await repository.publish(allowed.map(({ artifact }) => artifact));
      return new Map(allowed.map(({ artifact }, index) => [artifact.blobId, wins[index] === true]));
    });
    return group.map(async ({ artifact }, index) => {
      // A permission that could not be asked for is thrown here, and concerns this upload alone.
      if ((await permissions[index]) !== true) return 'refused';
      return (await inserted).get(artifact.blobId) === true ? 'stored' : 'exists';
    });
  }

  return {
    publish(publication) {
      return new Promise((settle) => {
        waiting.push({ publication, settle });
        running ??= run();
      });
    },
    async settled() {
      await commit;
    },
    async idle() {
      await running;
    },
  };
}
