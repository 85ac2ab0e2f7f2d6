import { defineConfig } from 'vitest/config';

/** What people and pipelines use, from outside: the built programs, in terminals, shells and browsers. */
const acceptance = [
  'test/acceptance/**/*.test.ts',
  'test/cli/commands/completion/*.test.ts',
  'server/test/pages/*-browser.test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/reporter.ts'],
    // Real servers, browsers and keyrings start in here, on two cores; a hang is still found.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of these tests wait for other processes, so there may be more of them than cores.
    maxWorkers: 4,
    // The provider that plays a foreign server warns at length that it is set up for development.
    onConsoleLog: (log) => !log.startsWith('oidc-provider '),
    projects: [
      {
        extends: true,
        test: {
          name: 'cli',
          include: ['test/**/*.test.ts'],
          exclude: [...acceptance, 'test/nx-versions/**'],
        },
      },
      // Not isolated: to load all that the server consists of takes as long as most of its tests.
      {
        extends: true,
        test: { name: 'server', include: ['server/test/**/*.test.ts'], exclude: acceptance, isolate: false },
      },
      { extends: true, test: { name: 'acceptance', include: acceptance } },
    ],
  },
});
