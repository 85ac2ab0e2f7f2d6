import { describe, expect, it } from 'vitest';
import { lineOfNxCommand } from '../../src/ci-configuration/nx-commands.js';

const scripts = {
  build: 'nx run-many -t build',
  ci: 'npm run lint && npm run build',
  lint: 'eslint .',
  loop: 'npm run loop',
  'all:a': 'echo a',
  'all:b': 'yarn nx test',
  prepublish2: 'nx release',
  publish2: 'echo published',
};

describe('a command runs Nx', () => {
  it.each([
    'nx build',
    './nx build',
    'npx nx affected -t lint',
    'npx -y nx@20 build',
    'npx -p nx@20 -c "nx build"',
    'npm exec -- nx build',
    'pnpm nx build',
    'pnpm exec nx build',
    'pnpm --filter web exec nx build',
    'yarn nx build',
    'yarn workspace web nx build',
    'bunx nx build',
    'bun x nx build',
    'npx nx-cloud start-ci-run',
    'npx nxkey run -- npx nx build',
    'npx lerna run build',
    'node ./node_modules/nx/bin/nx.js build',
    'node_modules\\.bin\\nx.cmd build',
    'call npx nx build',
    'cd apps && npx nx build',
    'NX_BRANCH=$BRANCH CI=1 npx nx build',
    'sudo -E env A=b timeout -k 5 20m npx nx build',
    'if ! npx nx build; then exit 1; fi',
    'PROJECTS=$(npx nx show projects)',
    'echo "projects: $(npx nx show projects)"',
    'bash -c "npm ci && npx nx build"',
    'corepack pnpm nx build',
    'npm run build',
    'npm run ci -- --verbose',
    'pnpm build',
    'yarn build',
    'yarn run ci',
    'npm run publish2',
    'run-s "all:*"',
    'npx concurrently "npm:lint" "npm:build"',
  ])('%s', (command) => {
    expect(lineOfNxCommand(command, scripts)).toBe(0);
  });
});

describe('a command does not run Nx', () => {
  it.each([
    '',
    '# npx nx build',
    'echo nx',
    'echo "nx build"',
    'cd nx',
    'npm ci',
    'npm install -g nx',
    'sudo npm install --global nx',
    'pnpm add nx',
    'npm build',
    'npm run lint',
    'npm run loop',
    'npm run no-such-script',
    'npm run constructor',
    'pnpm --filter web build',
    'docker run node:20 npx nx build',
    'git commit -m "npx nx build"',
    "echo 'not closed: npx nx",
  ])('%s', (command) => {
    expect(lineOfNxCommand(command, scripts)).toBeUndefined();
  });
});

describe('the line of the command', () => {
  it.each([
    [1, 'npm ci\nnpx nx build'],
    [2, 'npm ci\r\n\r\nnpx nx build'],
    [1, 'npm ci && \\\n  npx nx build'],
    [1, "git commit -m 'it''s'\nnpx nx build"],
    [1, "don't worry\nnpx nx build"],
    [3, 'echo "\n\n"\nnpx nx build'],
    [1, "echo ${{ a && 'x' || 'it''s' }}\nnpx nx build"],
  ])('is %i in %j', (line, text) => {
    expect(lineOfNxCommand(text, scripts)).toBe(line);
  });
});
