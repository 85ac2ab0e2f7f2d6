import type { CiSystem } from '../ci-file.js';
import { githubActions } from './github-actions.js';

/** The first one that a file matches is its system. */
export const ciSystems: readonly CiSystem[] = [githubActions];
