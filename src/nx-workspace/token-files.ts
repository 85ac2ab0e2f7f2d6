import { join } from 'node:path';
import type { Listing } from '../files/look.js';
import { nxCloudEnvName } from './nx-cloud-env.js';

/**
 * The files besides nx.json in which repositories keep the token of their cache, as paths from the workspace with `/`.
 * Only these places are looked at, and no project's folder: what stands in a project's `.env` reaches its tasks and not
 * the cache, and to walk through all projects of thousands of repositories would take longer than all else together.
 */
export function tokenFiles(root: string, { namesIn }: Listing): string[] {
  const top = namesIn(root);
  return places
    .flatMap(({ folder, name }) => {
      if (folder === '') return top.filter((one) => name.test(one));
      if (!top.includes(folder.split('/')[0] ?? '')) return [];
      const names = namesIn(join(root, folder)).filter((one) => name.test(one));
      return names.map((one) => `${folder}/${one}`);
    })
    .toSorted();
}

const yaml = /\.ya?ml$/i;

const atRoot = [
  new RegExp(`^${nxCloudEnvName.replace('.', '\\.')}$`),
  // Nx itself reads `.env`, `.local.env` and `.env.local`; with them come `.env.ci`, `.envrc` and the like.
  /^\.env/,
  /^\..*\.env$/,
  /^package\.json$/,
  /^\.gitlab-ci.*\.ya?ml$/,
  /^azure-pipelines.*\.ya?ml$/,
  /^bitbucket-pipelines\.ya?ml$/,
  /^Jenkinsfile/,
  /^(?:Docker|Container)file/i,
  /\.(?:docker|container)file$/i,
  /^(?:docker-)?compose.*\.ya?ml$/i,
];

const places: readonly { folder: string; name: RegExp }[] = [
  { folder: '', name: new RegExp(atRoot.map(({ source }) => source).join('|'), 'i') },
  { folder: '.github/workflows', name: yaml },
  { folder: '.gitlab', name: yaml },
  { folder: '.gitlab/ci', name: yaml },
  { folder: '.azure-pipelines', name: yaml },
  { folder: '.circleci', name: yaml },
];
