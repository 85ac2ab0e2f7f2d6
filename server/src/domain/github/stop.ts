import type { GithubGateway } from './gateway.js';

/** What is under way was given up, since the server ends. Everything that was not done is done after the next start. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export function createStop(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    stop: () => {
      controller.abort(new Stopped('the server ends'));
    },
  };
}

/** A gateway that nobody waits for once the signal is given, however long GitHub takes to answer. */
export function stoppable(gateway: GithubGateway, signal: AbortSignal): GithubGateway {
  const unlessStopped = async <T>(work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    let give: () => void = () => undefined;
    const stopped = new Promise<never>((_resolve, reject) => {
      give = () => {
        reject(signal.reason as Stopped);
      };
      signal.addEventListener('abort', give);
    });
    try {
      return await Promise.race([work(), stopped]);
    } finally {
      signal.removeEventListener('abort', give);
    }
  };
  async function* pages<T>(iterable: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = iterable[Symbol.asyncIterator]();
    for (;;) {
      const next = await unlessStopped(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
  return {
    issuer: gateway.issuer,
    installationUrl: () => unlessStopped(() => gateway.installationUrl()),
    findInstallation: (login) => unlessStopped(() => gateway.findInstallation(login)),
    installation: (id) => unlessStopped(() => gateway.installation(id)),
    members: (...parameters) => pages(gateway.members(...parameters)),
    teamMembers: (...parameters) => pages(gateway.teamMembers(...parameters)),
    membership: (...parameters) => unlessStopped(() => gateway.membership(...parameters)),
    isTeamMember: (...parameters) => unlessStopped(() => gateway.isTeamMember(...parameters)),
    findTeam: (...parameters) => unlessStopped(() => gateway.findTeam(...parameters)),
  };
}
