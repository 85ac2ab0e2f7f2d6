import type { CiSystem } from '../ci-file.js';
import { azurePipelines } from './azure-pipelines.js';
import { githubActions } from './github-actions.js';
import { gitlab } from './gitlab.js';

/** The first one that a file matches is its system. */
export const ciSystems: readonly CiSystem[] = [githubActions, gitlab, azurePipelines];
