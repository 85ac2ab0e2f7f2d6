import { mkdirSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { DamagedArtifact, UnsuitableArtifact, type DamageReason } from './artifact/errors.js';
import { extractArtifact } from './artifact/extract.js';
import { packArtifact } from './artifact/pack.js';
import { createKeyCheck } from './key-check.js';
import type { Layout } from './layouts.js';
import type { CachedResult } from './nx.js';
import {
  accessEnded,
  asDiskProblem,
  defect,
  describe,
  isDiskUnusable,
  notAllowed,
  tokenEnded,
  tooLarge,
} from './problems.js';
import type { RunReport } from './run-report.js';
import type { Session } from './session.js';
import { createSlots, type Slots } from './slots.js';
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
  /** One line for each operation, with `NX_VERBOSE_LOGGING=true`. */
  debug: (line: string) => void;
}

/**
 * How many are packed at a time: open files. What is retrieved is limited by the requests that are under way
 * (transfer.ts); a small artifact is extracted as it comes.
 */
const packedAtATime = 32;

/** After so many the server is left alone for the rest of the run. */
const mostFailures = 3;

/** What an artifact may become when it is extracted. The server takes 1 GiB by default, and text compresses well. */
const limits = { maxBytes: 8 * 1024 ** 3, maxEntries: 1_000_000 };

/** What the server takes. It becomes a part of paths, on both sides. */
const isHash = /^[A-Za-z0-9_-]{1,128}$/;

const aboutKeys: ReadonlySet<DamageReason> = new Set<DamageReason>(['encrypted', 'not-encrypted', 'wrong-key']);

/** Retrieves and stores. What goes wrong is a miss, or not stored, and is noted in the report. */
export function createOperations({ session: open, report, debug }: OperationsOptions): Operations {
  const slots: Record<'retrieve' | 'store', Slots> = {
    retrieve: (work) => work(),
    store: createSlots(packedAtATime),
  };
  const keyCheck = createKeyCheck(report);
  let leftAlone = false;
  const stagings = new Map<string, Staging>();
  /** Of the server: one request may be for several results. */
  const failures = new Set<TransferFailed>();
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
    report.leftAlone();
    session.transfer.close();
  }

  /** Runs one operation, unless the cache is left alone, and takes what it throws. */
  async function attempt<Result>(
    [what, hash]: ['retrieve' | 'store', hash: string],
    otherwise: Result,
    work: (session: Session, outcome: (text: string) => void) => Promise<Result>,
  ): Promise<Result> {
    if (isLeftAlone() || !isHash.test(hash)) return otherwise;
    const session = await open();
    if (session === null) return otherwise;
    return slots[what](async () => {
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
          outcome = `failed: ${describe(error)}`;
        }
        return otherwise;
      } finally {
        debug(`${what} ${hash} ${outcome} ${Math.round(performance.now() - started)} ms`);
      }
    });
  }

  function note(error: unknown, session: Session): void {
    if (error instanceof TransferFailed) {
      if (failures.has(error)) return;
      failures.add(error);
      report.note('server', error);
      if (failures.size >= mostFailures) leaveAlone(session);
    } else if (error instanceof DamagedArtifact) {
      report.note(aboutKeys.has(error.reason) ? 'encryption' : 'artifact', error);
    } else if (error instanceof UnsuitableArtifact) {
      report.note('not-storable', error);
    } else if (error instanceof UserError) {
      report.note('disk', error);
      if (isDiskUnusable(error)) leaveAlone(session);
    } else {
      report.note('defect', defect(error));
      leaveAlone(session);
    }
  }

  function noteRefusal({ kind, because }: Refusal, session: Session): void {
    report.note('no-access', kind === 'refused' ? accessEnded(session, because) : tokenEnded(session));
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
        report.note('read-only', notAllowed(session, answer.because));
        return false;
      case 'too-large':
        report.note('not-storable', tooLarge(session, answer.because));
        return false;
      case 'unauthenticated':
        noteRefusal(answer, session);
        return false;
    }
  }

  return {
    retrieve: (hash, cacheDirectory, layout) =>
      attempt<CachedResult | null>(['retrieve', hash], null, async (session, outcome) => {
        const answer = await session.transfer.get(hash);
        if (answer.kind !== 'hit') {
          outcome(answer.kind);
          if (answer.kind === 'miss') await keyCheck.compare(session);
          else noteRefusal(answer, session);
          return null;
        }
        const staging = stagingIn(cacheDirectory);
        let path: string | undefined;
        try {
          path = staging.newPath();
          const outputs = layout.outputsIn(path);
          // Synchronously, as all that is written of an artifact (folder-writer.ts).
          mkdirSync(outputs, { recursive: true });
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
          throw asDiskProblem(error, cacheDirectory);
        }
      }),

    store: (hash, cacheDirectory, content) =>
      attempt(['store', hash], false, async (session, outcome) => {
        readOnly ??= session.readOnly?.because;
        if (readOnly !== undefined) {
          outcome('read-only');
          report.note('read-only', notAllowed(session, readOnly));
          return false;
        }
        let file: string | undefined;
        try {
          file = stagingIn(cacheDirectory).newPath();
          const { size } = await packArtifact(await content(), file, session.encryption?.sealFor(hash));
          const answer = await session.transfer.put(hash, { path: file, size });
          outcome(`${answer.kind} ${size} bytes`);
          if (answer.kind === 'stored') await keyCheck.leave(session, stagingIn(cacheDirectory));
          return settle(answer, session);
        } catch (error) {
          throw asDiskProblem(error, cacheDirectory);
        } finally {
          if (file !== undefined) await unlink(file).catch(() => undefined);
        }
      }),
  };
}
