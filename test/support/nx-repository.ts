import type { NxInstallation } from './nx-installation.js';

/** A repository with two projects, `lib`, and `app` that needs it. */
export interface Repository {
  nxCloudId: string;
  nxCloudUrl: string;
  /** What is built. Another text gives other hashes, so that what one test stored does not help another. */
  source: string;
  /** More projects, which need nothing. */
  others?: readonly string[];
}

type Files = Record<string, string | object>;

/** The files of a clone by their paths, with nx.json and the projects as this version of Nx reads them. */
export function repositoryFiles(repository: Repository, nx: Pick<NxInstallation, 'major' | 'cloudPackage'>): Files {
  const files: Files = {
    '.gitignore': 'node_modules\n.nx\ntmp\ndist\n',
    'package.json': { name: 'shop', private: true },
    'nx.json': nxJson(repository, nx),
    'build.cjs': buildScript,
    'tmp/builds': '',
    ...(nx.major < 15 && {
      'workspace.json': { version: 2, projects: { lib: 'packages/lib', app: 'packages/app' } },
    }),
  };
  for (const name of ['lib', 'app', ...(repository.others ?? [])]) {
    files[`packages/${name}/source.txt`] = repository.source;
    files[`packages/${name}/project.json`] = projectJson(name, nx);
  }
  return files;
}

/** Nx 19.6 and later read the id at the top level, all before only among the options of a tasks runner. */
function nxJson(
  { nxCloudId, nxCloudUrl }: Repository,
  { major, cloudPackage }: Pick<NxInstallation, 'major' | 'cloudPackage'>,
): object {
  if (cloudPackage === null) return { nxCloudId, nxCloudUrl };
  const options = { nxCloudId, url: nxCloudUrl, cacheableOperations: ['build', 'test'] };
  return {
    ...(major < 15 && { npmScope: 'shop' }),
    tasksRunnerOptions: { default: { runner: cloudPackage.name, options } },
  };
}

function projectJson(name: string, { major }: Pick<NxInstallation, 'major'>): object {
  const executor = major < 15 ? '@nrwl/workspace:run-commands' : 'nx:run-commands';
  const root = major < 15 ? '' : '{workspaceRoot}/';
  const target = (command: string, output: string) => ({
    executor,
    ...(major >= 17 && { cache: true }),
    options: { command },
    outputs: [`${root}dist/${output}`],
  });
  return {
    name,
    ...(major < 15 && { root: `packages/${name}` }),
    implicitDependencies: name === 'app' ? ['lib'] : [],
    targets: {
      build: {
        ...target(`node build.cjs ${name}`, `${name}.txt`),
        dependsOn: [major < 15 ? { target: 'build', projects: 'dependencies' } : '^build'],
      },
      test: target(`node build.cjs ${name} fail`, `${name}.test.txt`),
      // Not cached: Nx asks for nothing, the Nx within it does.
      nested: { executor, options: { command: 'node_modules/.bin/nx build lib' } },
    },
  };
}

/** Notes that it has run, since Nx prints what a build printed also when it comes from a cache. */
const buildScript = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const [name, fail] = process.argv.slice(2);
const output = 'dist/' + name + (fail === undefined ? '.txt' : '.test.txt');
mkdirSync('dist', { recursive: true });
writeFileSync(output, readFileSync('packages/' + name + '/source.txt'));
appendFileSync('tmp/builds', name + '\\n');
if (process.env.PAUSED_BUILD === name) {
  const timer = setInterval(() => existsSync('tmp/go-on') && clearInterval(timer), 20);
}
console.log((fail === undefined ? 'compiled ' : 'tested ') + name);
if (fail !== undefined) process.exitCode = 3;
`;
