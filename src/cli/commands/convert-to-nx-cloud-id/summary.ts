import type { ConversionReport, ConversionStatus } from '../../../conversion/report.js';
import { counted } from '../../format.js';

/** What a run over many workspaces has come to. */
export interface Summary {
  count(report: ConversionReport): void;
  failed(): number;
  /** For people. */
  lines(): string[];
}

export function createSummary(): Summary {
  const counts: Record<ConversionStatus, number> = {
    converted: 0,
    'would-convert': 0,
    'already-converted': 0,
    'no-token': 0,
    failed: 0,
  };
  return {
    count({ status }) {
      counts[status] += 1;
    },
    failed: () => counts.failed,
    lines() {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (all === 0) return ['There was no workspace to convert.'];
      const parts = [
        [counts.converted, 'converted'],
        [counts['would-convert'], 'to be converted (--dry-run: nothing was written)'],
        [counts['already-converted'], 'converted before'],
        [counts['no-token'], 'without an access token'],
        [counts.failed, 'failed'],
      ] as const;
      const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en')} ${what}`);
      const total = `${counted(all, 'workspace')}: ${said.join(', ')}.`;
      return counts.converted + counts['would-convert'] > 0 ? [total, '', ...leftToDo] : [total];
    },
  };
}

/** What is the same for all; what only one of them needs stands below its line. */
const leftToDo = [
  'Left to do for each that is converted (with its ids: --json, "nextSteps"):',
  '  1. Commit what has changed.',
  '  2. Put the token into the secrets of its CI as NX_CLOUD_ACCESS_TOKEN, and into the environment of its jobs.',
  '  3. Rotate the token, since it stays in the git history and in every clone.',
  '  4. Turn anonymous access off, unless all the world may use the cache:  npx nxkey workspace set --anonymous none',
  '  5. Log in, and so does everybody who works there:  npx nxkey login',
];
