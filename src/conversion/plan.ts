import { relative, sep } from 'node:path';
import { positionAt } from '../nx-workspace/nx-json.js';
import { rewriteNxJson, type Replacement } from '../nx-workspace/rewrite.js';
import { findTokensInText } from '../protocol/token-search.js';
import { noIds, type Ids, type IdSource } from './ids.js';
import { nextSteps } from './next-steps.js';
import { readWorkspace, type WorkspaceContent } from './read-workspace.js';
import { describeToken, type ConversionReport } from './report.js';

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
  replacements: readonly Replacement[];
  /** As of a run that writes nothing: `would-convert` where there are changes. */
  report: ConversionReport;
  /** Those of its next steps that hardly another workspace has. */
  ownSteps: readonly string[];
}

export interface PlanOptions {
  ids: IdSource;
  /** A path as messages have it. */
  display: (path: string) => string;
  /** Where people log in, of what nx.json names; for the text only. */
  loginServer: (configuration: WorkspaceContent['nxJson']['configuration']) => string | undefined;
  /** The file that will be given the token, as messages have it. */
  tokenTo?: string | undefined;
}

/**
 * Reads a workspace, asks for its ids, and decides what to change.
 * @param workspace its root folder, absolute
 * @throws {UserError} when anything stands in the way
 */
export async function planConversion(workspace: string, options: PlanOptions): Promise<ConversionPlan> {
  const content = await readWorkspace(workspace, options.display);
  const { path, accessTokens, configuration } = content.nxJson;
  const { serverUrls } = configuration;
  const ids =
    accessTokens.length === 0
      ? noIds
      : await options.ids({ workspace, accessTokens, serverUrls, file: options.display(path) });
  return planChanges(content, ids, options);
}

/** The decision itself: everything it depends on is in its arguments. */
export function planChanges(
  content: WorkspaceContent,
  { replacements, anonymousLevel }: Ids,
  { loginServer, tokenTo }: Pick<PlanOptions, 'loginServer' | 'tokenTo'>,
): ConversionPlan {
  const { workspace, nxJson, packages, tokenVariables } = content;
  const converted = rewriteNxJson(nxJson.text, replacements).text;
  const changes = [{ path: nxJson.path, before: nxJson.bytes, after: converted }].filter(
    ({ before, after }) => !before.equals(Buffer.from(after)),
  );
  const { nxCloudId: presentId } = nxJson.configuration;
  const ids = replacements.length > 0 ? replacements.map(({ nxCloudId }) => nxCloudId) : [presentId ?? []].flat();

  const steps = nextSteps({
    replacements,
    anonymousLevel,
    packages,
    tokenVariables,
    linesWithTokens: linesWithTokens(converted),
    serverUrl: loginServer(nxJson.configuration),
    tokenFile: tokenTo,
  });

  return {
    changes,
    replacements,
    ownSteps: steps.own,
    report: {
      workspace,
      nxJson: nxJson.path,
      status: changes.length > 0 ? 'would-convert' : presentId === undefined ? 'no-token' : 'already-converted',
      nxCloudIds: [...new Set(ids)],
      tokens: replacements.map(describeToken),
      files: changes.map(({ path }) => relative(workspace, path).replaceAll(sep, '/')),
      nextSteps: [...steps.own, ...steps.common],
      problem: null,
    },
  };
}

function linesWithTokens(text: string): number[] {
  return [...new Set(findTokensInText(text).map(({ offset }) => positionAt(text, offset).line))];
}
