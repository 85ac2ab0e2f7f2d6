import type { CiSystem } from '../ci-file.js';
import { azurePipelines } from './azure-pipelines.js';
import { bitbucket } from './bitbucket.js';
import { circleci } from './circleci.js';
import { docker } from './docker.js';
import { githubActions } from './github-actions.js';
import { gitlab } from './gitlab.js';
import { jenkins } from './jenkins.js';

/** The first one that a file matches is its system. */
export const ciSystems: readonly CiSystem[] = [
  githubActions,
  gitlab,
  azurePipelines,
  bitbucket,
  circleci,
  jenkins,
  docker,
];
