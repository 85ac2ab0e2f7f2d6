import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AuthenticationRequired, UserError } from '../errors.js';
import { errorCode, refusal } from '../files/file-errors.js';
import { DamagedArtifact, UnsuitableArtifact } from './artifact/errors.js';
import { extractArtifact } from './artifact/extract.js';
import { packArtifact } from './artifact/pack.js';
import type { Layout } from './layouts.js';
import type { CachedResult } from './nx.js';
import type { RunReport } from './run-report.js';
import type { Session } from './session.js';
import { createSlots } from './slots.js';
import { createStaging, type Staging } from './staging.js';
import { TransferFailed, type PutAnswer, type Refusal } from './transfer.js';

/** The remote cache, whatever the version of Nx. Neither fails. */
export interface Operations {
  /** Puts the result of a task at `<cacheDirectory>/<hash>`. `null` for a miss. */
  retrieve: (hash: string, cacheDirectory: string, layout: Layout) => Promise<CachedResult | null>;
  /** Whether it was stored. `content` is asked only when it is wanted. */
  store: (hash: string, cacheDirectory: string, content: () => Promise<ResultToStore>) => Promise<boolean>;
}

export interface ResultToStore {
  /** Of the outputs. */
  folder: string;
  terminalOutput: string;
  code: number;
}

export interface OperationsOptions {
  /** Asks the server at the first call only. `null`: there is nothing to be done in this run. Never fails. */
  session: () => Promise<Session | null>;
  report: RunReport;
  /** How many are at work at a time: sockets and open files. Nx 24 asks for the results of all tasks at once. */
  parallel: number;
  /** One line for each operation, with `NX_VERBOSE_LOGGING=true`. */
  debug: (line: string) => void;
}

/** After so many the server is left alone for the rest of the run. */
const mostFailures = 3;

/** What an artifact may become when it is extracted. The server takes 1 GiB by default, and text compresses well. */
const limits = { maxBytes: 8 * 1024 ** 3, maxEntries: 1_000_000 };

/** Retrieves and stores. What goes wrong is a miss, or not stored, and is noted in the report. */
export function createOperations({ session: open, report, parallel, debug }: OperationsOptions): Operations {
  const slots = createSlots(parallel);
  let leftAlone = false;
  const stagings = new Map<string, Staging>();
  let failures = 0;
  let readOnly: string | undefined;

  function stagingIn(cacheDirectory: string): Staging {
    const known = stagings.get(cacheDirectory);
    if (known !== undefined) return known;
    const staging = createStaging(cacheDirectory);
    stagings.set(cacheDirectory, staging);
    return staging;
  }

  const isLeftAlone = () => leftAlone;

  /** What is under way ends at once; it would only be waited for in vain. */
  function leaveAlone(session: Session): void {
    if (leftAlone) return;
    leftAlone = true;
    report.stopped();
    session.transfer.close();
  }

  /** Runs one operation, unless the cache is left alone, and takes what it throws. */
  async function attempt<Result>(
    what: string,
    otherwise: Result,
    work: (session: Session, outcome: (text: string) => void) => Promise<Result>,
  ): Promise<Result> {
    const session = await open();
    if (session === null) return otherwise;
    return slots(async () => {
      if (isLeftAlone()) return otherwise;
      const started = performance.now();
      let outcome = 'failed';
      try {
        return await work(session, (text) => {
          outcome = text;
        });
      } catch (error) {
        if (isLeftAlone()) outcome = 'abandoned';
        else {
          note(error, session);
          outcome = `failed: ${error instanceof Error ? error.message : String(error)}`;
        }
        return otherwise;
      } finally {
        debug(`${what} ${outcome} ${Math.round(performance.now() - started)} ms`);
      }
    });
  }

  function note(error: unknown, session: Session): void {
    if (error instanceof TransferFailed) {
      report.note('server', error);
      if (++failures >= mostFailures) leaveAlone(session);
    } else if (error instanceof DamagedArtifact) {
      const isKey = ['encrypted', 'not-encrypted', 'wrong-key'].includes(error.reason);
      report.note(isKey ? 'encryption' : 'artifact', error);
    } else if (error instanceof UnsuitableArtifact) {
      report.note('not-storable', error);
    } else if (error instanceof UserError) {
      report.note('disk', error);
      leaveAlone(session);
    } else {
      report.note('defect', new UserError(`nxkey has a defect: ${String(error)}.`, { cause: error }));
      leaveAlone(session);
    }
  }

  function noAccess({ kind, because }: Refusal, session: Session): void {
    const { serverUrl, who } = session;
    report.note('no-access', kind === 'refused' ? accessEnded(serverUrl, because) : tokenEnded(serverUrl, who));
    leaveAlone(session);
  }

  /** Whether it is stored. */
  function settle(answer: PutAnswer, session: Session): boolean {
    switch (answer.kind) {
      case 'stored':
        return true;
      case 'exists':
        return false;
      case 'refused':
        readOnly = answer.because;
        report.note('read-only', notAllowed(answer.because));
        return false;
      case 'too-large':
        report.note('not-storable', tooLarge(session.serverUrl, answer.because));
        return false;
      case 'unauthenticated':
        noAccess(answer, session);
        return false;
    }
  }

  return {
    retrieve: (hash, cacheDirectory, layout) =>
      attempt<CachedResult | null>(`retrieve ${hash}`, null, async (session, outcome) => {
        const answer = await session.transfer.get(hash);
        if (answer.kind !== 'hit') {
          outcome(answer.kind);
          if (answer.kind !== 'miss') noAccess(answer, session);
          return null;
        }
        const staging = stagingIn(cacheDirectory);
        let path: string | undefined;
        try {
          path = await staging.newPath();
          const outputs = layout.outputsIn(path);
          await mkdir(outputs, { recursive: true });
          const seal = session.encryption?.sealFor(hash);
          const result = await extractArtifact(answer.body, outputs, { ...limits, seal });
          await layout.complete?.(path, result);
          const entry = join(cacheDirectory, hash);
          await staging.publish(path, entry);
          await layout.commit?.(entry);
          outcome(`hit ${answer.received()} bytes`);
          return { outputsPath: layout.outputsIn(entry), ...result };
        } catch (error) {
          answer.abandon();
          if (path !== undefined) await staging.remove(path).catch(() => undefined);
          throw diskError(error, path ?? cacheDirectory);
        }
      }),

    store: (hash, cacheDirectory, content) =>
      attempt(`store ${hash}`, false, async (session, outcome) => {
        readOnly ??= session.readOnly?.because;
        if (readOnly !== undefined) {
          outcome('read-only');
          report.note('read-only', notAllowed(readOnly));
          return false;
        }
        const file = await stagingIn(cacheDirectory).newPath();
        try {
          const { size } = await packArtifact(await content(), file, session.encryption?.sealFor(hash));
          const answer = await session.transfer.put(hash, { path: file, size });
          outcome(`${answer.kind} ${size} bytes`);
          return settle(answer, session);
        } catch (error) {
          throw diskError(error, file);
        } finally {
          await unlink(file).catch(() => undefined);
        }
      }),
  };
}

/** The system's own errors are about our files: those of the network are `TransferFailed` already. */
function diskError(error: unknown, path: string): unknown {
  return error instanceof UserError || errorCode(error) === undefined ? error : refusal(path, error);
}

function accessEnded(serverUrl: string, because: string): UserError {
  return new UserError(`${serverUrl} gives you no access any more: ${because}.`, {
    remedy: 'Ask an owner of the organization; who you are says:  npx nxkey status',
  });
}

function tokenEnded(serverUrl: string, who: Session['who']): UserError {
  const [token, remedy] =
    who === 'ci'
      ? [
          'the CI access token',
          'Set NX_CLOUD_ACCESS_TOKEN in the CI secrets to a new one:  npx nxkey ci-token create --help',
        ]
      : ['your personal access token', `Log in again:  npx nxkey login ${serverUrl}`];
  return new AuthenticationRequired(`${serverUrl} does not accept ${token} any more: it is expired or revoked.`, {
    remedy,
  });
}

function notAllowed(because: string): UserError {
  return new UserError(`You may only read it: ${because}.`, {
    remedy: 'In CI, set NX_CLOUD_ACCESS_TOKEN to an access token that may write. Who you are says:  npx nxkey status',
  });
}

function tooLarge(serverUrl: string, because: string): UserError {
  return new UserError(`${serverUrl} takes no artifact of that size: ${because}.`, {
    remedy: 'Leave out of the outputs what need not be kept, or ask whoever runs the server for a larger limit.',
  });
}
