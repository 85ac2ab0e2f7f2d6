/**
 * Together 50,000 inputs in `npm test`, in three files so that they run side by side, and 1,500,000 with
 * `npm run fuzz:rewrite`, which is for every night.
 */
export function inputs(brief: number): { numRuns: number; timeout: number } {
  const isFull = process.env['NXKEY_CAMPAIGNS'] === 'full';
  return { numRuns: isFull ? 30 * brief : brief, timeout: isFull ? 3_600_000 : 300_000 };
}
