import { applyConversion, refuseSeveralTokens } from './apply.js';
import { planConversion, type ConversionPlan, type PlanOptions } from './plan.js';
import type { ConversionReport } from './report.js';

export interface ConvertOptions extends PlanOptions {
  dryRun: boolean;
  /** Absolute path of a new file for the token. */
  tokenFile: string | undefined;
}

export interface Conversion {
  plan: ConversionPlan;
  report: ConversionReport;
}

/**
 * One workspace, from reading it to having written it.
 * @param workspace its root folder, absolute and without links
 * @throws {UserError} when anything stands in the way; the workspace is then as it was
 */
export async function convertWorkspace(workspace: string, options: ConvertOptions): Promise<Conversion> {
  const plan = await planConversion(workspace, options);
  if (options.tokenFile !== undefined) refuseSeveralTokens(plan);
  return { plan, report: options.dryRun ? plan.report : await applyConversion(plan, options.tokenFile) };
}
