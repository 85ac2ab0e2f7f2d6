import type { ConversionReport, ConversionStatus } from '../../../conversion/report.js';
import { counted } from '../../format.js';
import type { ConvertFlags } from './command.js';

type SummaryFlags = Pick<ConvertFlags, 'commit' | 'rotate' | 'resume'>;

/** What a run over many workspaces has come to. */
export interface Summary {
  count(report: ConversionReport): void;
  failed(): number;
  /** In one sentence. */
  total(): string;
  /** The same, and what is left to do. */
  lines(): string[];
}

export function createSummary(flags: SummaryFlags): Summary {
  const counts: Record<ConversionStatus, number> = {
    converted: 0,
    'would-convert': 0,
    'already-converted': 0,
    'no-token': 0,
    failed: 0,
  };
  const all = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const total = () => {
    const parts = [
      [counts.converted, 'converted'],
      [counts['would-convert'], 'to be converted (--dry-run: nothing was written)'],
      [counts['already-converted'], 'converted before'],
      [counts['no-token'], 'without an access token'],
      [counts.failed, 'failed'],
    ] as const;
    const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en')} ${what}`);
    return `${counted(all(), 'workspace')}${said.length === 0 ? '' : `: ${said.join(', ')}`}.`;
  };
  return {
    count({ status }) {
      counts[status] += 1;
    },
    failed: () => counts.failed,
    total,
    lines() {
      if (all() === 0)
        return [flags.resume === undefined ? 'There was no workspace to convert.' : 'Nothing is left to do.'];
      return counts.converted + counts['would-convert'] > 0 ? [total(), '', ...leftToDo(flags)] : [total()];
    },
  };
}

/** What is the same for all; what only one of them needs stands below its line. */
function leftToDo({ commit, rotate }: SummaryFlags): string[] {
  const inTime =
    ', and have it merged before the committed tokens end: what still has one builds without the cache then.';
  const steps = [
    `${commit ? 'Push what is committed' : 'Commit what has changed'}${rotate ? inTime : '.'}`,
    ...(rotate ? [] : handOver),
    'Turn anonymous access off, unless all the world may use the cache:  npx nxkey workspace set --anonymous none',
    'Log in, and so does everybody who works there:  npx nxkey login',
  ];
  return [
    'Left to do for each that is converted (with its ids: --json, "nextSteps"):',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ];
}

const handOver = [
  'Put the token into the secrets of its CI as NX_CLOUD_ACCESS_TOKEN, and into the environment of its jobs.',
  'Rotate the token, since it stays in the git history and in every clone.',
];
