import { defineConfig } from 'vitest/config';

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
      { extends: true, test: { name: 'cli', include: ['test/**/*.test.ts'], exclude: ['test/nx-versions/**'] } },
      { extends: true, test: { name: 'server', include: ['server/test/**/*.test.ts'] } },
    ],
  },
});
