import { join, sep } from 'node:path';
import { pathFrom } from '../files/path-from.js';
import { configurationOf } from '../nx-workspace/configuration.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';
import { parseNxJson, positionsIn, stringOf, valueAt } from '../nx-workspace/nx-json.js';
import { withNxCloud } from '../nx-workspace/package-json.js';
import { rewriteNxJson, type Replacement } from '../nx-workspace/rewrite.js';
import { mayHaveUnusedIds, unusedIds } from '../nx-workspace/runner-options.js';
import { findTokensInText } from '../protocol/token-search.js';
import { noIds, type Ids, type IdSource } from './ids.js';
import { nextSteps } from './next-steps.js';
import type { WorkspaceContent } from './read-workspace.js';
import { describeCi, describeNx, describeToken, type ConversionReport } from './report.js';

export interface FileChange {
  /** Absolute. */
  path: string;
  /** What the file has to hold when it is replaced. */
  before: Buffer;
  after: string;
}

/** What is to be done in one workspace. Nothing has been written yet. */
export interface ConversionPlan {
  /** In the order of writing. nx.json comes last: with it a conversion is complete, without it the next one goes on. */
  changes: readonly FileChange[];
  /** The tokens are secrets, to be shown masked only. */
  tokens: readonly TokenReplacement[];
  /** As of a run that writes nothing: `would-convert` where there are changes. */
  report: ConversionReport;
  /** Those of its next steps that hardly another workspace has. */
  ownSteps: readonly string[];
}

/** A token in one of the configuration files. */
export interface TokenReplacement extends Replacement {
  /** Absolute path of the file. */
  path: string;
}

export interface PlanOptions {
  ids: IdSource;
  /** A path as messages have it. */
  display: (path: string) => string;
  /** Where people log in, of what nx.json names; for the text only. */
  loginServer: (configuration: WorkspaceContent['configuration']) => string | undefined;
  /** Add the token, by the name of its secret, to the CI jobs that run Nx. */
  patchCi: boolean;
  /** CI gets new tokens, and the committed ones end, before anything is written. */
  rotates?: boolean;
  /** The file that will be given the token, as messages have it. */
  tokenTo?: string | undefined;
}

/** @throws {UserError} when there is no answer for one of them */
export async function askForIds(
  content: WorkspaceContent,
  { ids, display }: Pick<PlanOptions, 'ids' | 'display'>,
): Promise<Ids> {
  const { workspace, configurations, configuration } = content;
  const tokens = configurations.flatMap(({ path, accessTokens }) =>
    accessTokens.map((accessToken) => ({ accessToken, file: display(path) })),
  );
  if (tokens.length === 0) return noIds;
  return ids({ workspace, tokens, serverUrls: configuration.serverUrls });
}

/** The decision itself: everything it depends on is in its arguments. */
export function planChanges(
  content: WorkspaceContent,
  { idOf, anonymousLevel }: Ids,
  {
    loginServer,
    tokenTo,
    patchCi,
    rotates = false,
  }: Pick<PlanOptions, 'loginServer' | 'tokenTo' | 'patchCi' | 'rotates'>,
): ConversionPlan {
  const { workspace, configurations, configuration, packages, packageJson, ci, elsewhere } = content;
  const rewritten = configurations.map((file) => {
    const replacements = file.accessTokens.map((accessToken) => ({ accessToken, nxCloudId: idOf(accessToken.token) }));
    const { text } = rewriteNxJson(file.text, replacements, { nx: packages.nx, otherRunners: file.otherRunners });
    return { ...file, replacements, after: text };
  });
  const tokens = rewritten.flatMap(({ path, replacements }) => replacements.map((token) => ({ ...token, path })));
  const withPackage =
    packageJson === undefined || tokens.length === 0 ? [] : [{ ...packageJson, after: withNxCloud(packageJson.text) }];
  const patchedCi = (patchCi ? ci : []).flatMap(({ absolutePath, before, patched }) =>
    patched === undefined ? [] : [{ path: absolutePath, before, after: patched }],
  );
  const rewrites = [...withPackage, ...rewritten]
    .filter(({ text, after }) => text !== after)
    .map(({ path, bytes, after }) => ({ path, before: bytes, after }));
  const changes = [...patchedCi, ...rewrites];

  const named = (path: string) => pathFrom(workspace, path).replaceAll(sep, '/');
  const ciReports = ci.map((file) => describeCi(file, patchCi));
  const presentId = presentIdIn(content);
  const ids = tokens.length > 0 ? tokens.map(({ nxCloudId }) => nxCloudId) : [presentId ?? []].flat();
  const steps = nextSteps({
    tokens: tokens.map((token) => ({ ...token, file: named(token.path) })),
    anonymousLevel,
    packages,
    hasId: ids.length > 0,
    addsPackage: withPackage.some(({ text, after }) => text !== after),
    unusedIds: rewritten.flatMap(({ path, after }) =>
      mayHaveUnusedIds(after, packages.nx)
        ? unusedIds(parseNxJson(after), packages.nx).map((unused) => ({ ...unused, file: named(path) }))
        : [],
    ),
    elsewhere,
    ci: ciReports,
    textsWithTokens: rewritten
      .map(({ path, after }) => ({ file: named(path), lines: linesWithTokens(after) }))
      .filter(({ lines }) => lines.length > 0),
    namesServer:
      configuration.serverUrls.length > 0 ||
      configurations.some(({ nxJson }) => configurationOf(nxJson).serverUrls.length > 0),
    serverUrl: loginServer(configuration),
    tokenFile: tokenTo,
    rotates,
  });

  return {
    changes,
    tokens,
    ownSteps: steps.own,
    report: {
      workspace,
      nxJson: join(workspace, nxJsonName),
      status: statusOf(changes, presentId),
      nxCloudIds: [...new Set(ids)],
      tokens: tokens.map((token) => describeToken(token, named(token.path))),
      nx: describeNx(packages),
      files: changes.map(({ path }) => named(path)),
      elsewhere: [...elsewhere.tokens],
      ci: ciReports,
      history: null,
      rotation: null,
      commit: null,
      nextSteps: [...steps.own, ...steps.common],
      problem: null,
    },
  };
}

/** What nx.json has counts before what it extends, of which Nx takes no runners where nx.json has some of its own. */
function presentIdIn({ configurations, configuration }: WorkspaceContent): string | undefined {
  if (configuration.nxCloudId !== undefined) return configuration.nxCloudId;
  const ids = configurations.map(({ nxJson, otherRunners }) =>
    otherRunners === 'hiding' ? stringOf(valueAt(nxJson.root, 'nxCloudId')) : configurationOf(nxJson).nxCloudId,
  );
  return ids.find((nxCloudId) => nxCloudId !== undefined && nxCloudId !== '');
}

function statusOf(changes: readonly FileChange[], presentId: string | undefined): ConversionReport['status'] {
  if (changes.length > 0) return 'would-convert';
  return presentId === undefined ? 'no-token' : 'already-converted';
}

function linesWithTokens(text: string): number[] {
  const places = positionsIn(text);
  return [...new Set(findTokensInText(text).map(({ offset }) => places(offset).line))];
}
