import { performance } from 'node:perf_hooks';
import { parseTree } from 'jsonc-parser';
import { findAccessTokens } from '../src/nx-workspace/access-tokens.js';
import { parseNxJson } from '../src/nx-workspace/nx-json.js';
import { rewriteNxJson } from '../src/nx-workspace/rewrite.js';
import { median, report } from './measure.js';

/**
 * Text in, text out: what `convert-to-nx-cloud-id` does with an nx.json of 1,000 lines, against jsonc-parser's own
 * `parseTree` of that text. Both alternate in one process, so that whatever else the machine does hits both alike.
 */
const limit = 2;
const rounds = 400;
const warmUp = 50;

const text = nxJsonOf(1000);
const nxCloudId = '63f1a2b3c4d5e6f708192a3b';

function rewrite(): number {
  const accessTokens = findAccessTokens(parseNxJson(text));
  return rewriteNxJson(
    text,
    accessTokens.map((accessToken) => ({ accessToken, nxCloudId })),
  ).edits.length;
}

const times = { rewrite: [] as number[], parseTree: [] as number[] };
for (let round = 0; round < warmUp + rounds; round++) {
  const started = performance.now();
  const edits = rewrite();
  const between = performance.now();
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const ended = performance.now();
  if (edits !== 5 || tree?.type !== 'object') throw new Error('the benchmark does not measure what it should');
  if (round < warmUp) continue;
  times.rewrite.push(between - started);
  times.parseTree.push(ended - between);
}

const rewriteTime = median(times.rewrite);
const parseTreeTime = median(times.parseTree);
const ratio = rewriteTime / parseTreeTime;
console.log(
  `An nx.json of ${text.split('\n').length} lines, ${text.length} characters; median of ${rounds} rounds, in turn.`,
);
const figure = `${rewriteTime.toFixed(2)} ms = ${ratio.toFixed(2)} x ${parseTreeTime.toFixed(2)} ms`;
report("rewrite, beside jsonc-parser's parseTree", figure, ratio, { atMost: limit });

/** As large workspaces have it: comments, named inputs, many target defaults, a runner with a token, a token on top. */
function nxJsonOf(lineCount: number): string {
  const token = btoa('5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f|read-write');
  const head = [
    '{',
    '  // Shared by all teams; ask #platform before you change it.',
    '  "$schema": "./node_modules/nx/schemas/nx-schema.json",',
    '  "tasksRunnerOptions": {',
    '    "default": {',
    '      "runner": "@nrwl/nx-cloud",',
    '      "options": {',
    '        "cacheableOperations": ["build", "lint", "test"],',
    `        "accessToken": "${token}" /* read-write */`,
    '      }',
    '    }',
    '  },',
    '  "namedInputs": {',
    '    "default": ["{projectRoot}/**/*", "sharedGlobals"],',
    '    "sharedGlobals": ["{workspaceRoot}/tsconfig.base.json"],',
    '  },',
    '  "targetDefaults": {',
  ];
  const tail = ['  },', `  "nxCloudAccessToken": "${token}",`, '  "parallel": 5', '}'];
  const body = Array.from({ length: lineCount }, (_, index) => targetLines(Math.floor(index / 9))[index % 9] ?? '');
  const room = lineCount - head.length - tail.length;
  const whole = body.slice(0, room - (room % 9));
  return [...head, ...whole, ...Array.from({ length: room % 9 }, () => '    // …'), ...tail].join('\n');
}

function targetLines(number: number): string[] {
  return [
    `    "team-${number}:build": {`,
    `      // See https://wiki.example.com/builds/${number}`,
    '      "cache": true,',
    '      "dependsOn": ["^build", "codegen"],',
    '      "inputs": ["production", "^production", { "env": "NODE_ENV" }],',
    `      "outputs": ["{projectRoot}/dist", "{workspaceRoot}/reports/team-${number}"],`,
    '      "options": { "parallel": 3, "forwardAllArgs": false },',
    '      "configurations": { "production": { "mode": "production" } }, /* the default in CI */',
    '    },',
  ];
}
