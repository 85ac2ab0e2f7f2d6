import type { App } from '../../http/app-env.js';
import { changeGithub } from './change.js';
import { confirmRemovals } from './confirm-removals.js';
import { connectGithub } from './connect.js';
import { disconnectGithub } from './disconnect.js';
import { showGithub } from './show.js';
import { syncGithub } from './sync.js';

/** By which owners connect an organization to one of GitHub, and see how that goes. */
export function github(app: App): void {
  showGithub(app);
  connectGithub(app);
  changeGithub(app);
  disconnectGithub(app);
  syncGithub(app);
  confirmRemovals(app);
}
