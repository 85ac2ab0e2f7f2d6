import type { App } from '../../http/app-env.js';

export function system(app: App): void {
  // With it, Nx would make no workspace in a clone of a GitHub repository, and leave all to a GitHub app.
  app.get('/nx-cloud/system/features', (c) => c.json({ isGithubIntegrationEnabled: false }));
  // Nx 19.7 to 20 ask for a link only from a server of this version of Nx Cloud's or a later one.
  app.get('/nx-cloud/system/version', (c) => c.json({ version: '2406.11.5' }));
  // Usage statistics, which nobody here keeps. Of any other answer Nx prints pages of details with --verbose.
  app.post('/nx-cloud/stats', (c) => c.body(null, 204));
}
