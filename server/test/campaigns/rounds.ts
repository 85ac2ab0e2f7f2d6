/**
 * How long a campaign goes on: briefly in `npm test`, at full length in `npm run test:campaigns`, which sets the
 * variable.
 */
export function rounds({ brief, full }: { brief: number; full: number }): number {
  return process.env['NXKEY_CAMPAIGNS'] === 'full' ? full : brief;
}

/** Milliseconds. Nothing is asserted about time: it only ends a campaign that hangs. */
export const campaignTimeout = 30 * 60 * 1000;
