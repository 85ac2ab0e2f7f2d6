import { tokenName, tokenNames, type CiJob, type CiSystem } from '../ci-file.js';
import { groovyStrings, withoutComments } from '../groovy.js';
import { positionAt, positionsIn } from '../../nx-workspace/nx-json.js';
import { lineOfNxCommand } from '../nx-commands.js';
import { adviceBase } from './common.js';

/**
 * A Jenkinsfile is a Groovy program, which only Jenkins can read for good: it is never changed. What can be said is where
 * Nx runs, and where the `environment` block is or would go.
 */
export const jenkins: CiSystem = {
  name: 'Jenkins',
  secretStore:
    'Under Manage Jenkins > Credentials, or better those of the folder, add two credentials of the kind "Secret text": ' +
    'nx-cloud-access-token with the read-write token and nx-cloud-access-token-read-only with a read-only one. Whoever can change ' +
    'a Jenkinsfile that is built can use any credential of its folder: let pull requests be built with the Jenkinsfile of their ' +
    'target (branch source > Trust), or keep the read-write token in a folder that builds the main branch only.',
  // `credentials()` takes the id as an expression. BRANCH_IS_PRIMARY is set by the Branch API plugin on the main branch
  // of a multibranch pipeline, and never for a pull request (CHANGE_ID).
  snippet:
    `environment {\n    ${tokenName} = credentials("\${env.BRANCH_IS_PRIMARY == 'true' && !env.CHANGE_ID ? 'nx-cloud-access-token' : ` +
    `'nx-cloud-access-token-read-only'}")\n}\n`,
  matches: (path) => /^(?:\.?jenkins\/)?(?:[^/]*jenkinsfile[^/]*|\.?jenkins\/[^/]+\.groovy)$/i.test(path),
  advise: (text, path, { scripts }) => {
    const base = adviceBase(jenkins, path, text);
    if (text.length > 1024 * 1024) {
      return { ...base, jobs: [], notes: [], untouched: `${path} is larger than 1 MiB, so it was not looked into.` };
    }
    const code = withoutComments(text);
    const given = tokenNames.some((name) => new RegExp(`\\b${name}\\b`).test(code));
    const stages = stagesIn(code);
    const places = positionsIn(text);
    const found = groovyStrings(text).flatMap(({ value, offset, command }) => {
      const line = command ? lineOfNxCommand(value, scripts) : undefined;
      return line === undefined ? [] : [{ offset, line: places(offset).line + line }];
    });
    // Both are in the order of the text.
    let next = 0;
    const jobs = stages.map(({ name, from, to }): CiJob => {
      const job = { name, line: places(from).line };
      while ((found[next]?.offset ?? Infinity) < from) next++;
      const nx = (found[next]?.offset ?? Infinity) < to ? found[next] : undefined;
      if (nx === undefined) return { ...job, state: 'no-nx' };
      return { ...job, state: given ? 'has-token' : 'needs-token', nxLine: nx.line };
    });
    if (!jobs.some(({ state }) => state === 'needs-token')) return { ...base, jobs, notes: [] };
    return {
      ...base,
      jobs,
      notes: [],
      untouched: `A Jenkinsfile is a program, so it was left alone. ${placeIn(text, code)}`,
    };
  },
};

interface Stage {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Each stage as far as the next one; what comes before the first, or stands in no stage at all, is the pipeline. */
function stagesIn(code: string): Stage[] {
  const starts = [...code.matchAll(/\bstage\s*\(\s*(['"])(.*?)\1\s*\)/g)].map((match) => ({
    name: match[2] ?? '',
    from: match.index,
  }));
  return [{ name: 'pipeline', from: 0 }, ...starts].map((stage, index) => ({
    ...stage,
    to: starts[index]?.from ?? code.length,
  }));
}

function placeIn(text: string, code: string): string {
  const at = (pattern: RegExp) => {
    const found = pattern.exec(code);
    return found === null ? undefined : positionAt(text, found.index).line;
  };
  const pipeline = at(/\bpipeline\s*\{/);
  if (pipeline === undefined) {
    return (
      'It is a scripted pipeline: wrap what runs Nx into withCredentials([string(credentialsId: ' +
      `'nx-cloud-access-token-read-only', variable: '${tokenName}')]) { … }, with the other id on the main branch.`
    );
  }
  const firstStage = at(/\bstages\s*\{/) ?? Infinity;
  const environment = at(/\benvironment\s*\{/);
  if (environment !== undefined && environment < firstStage) {
    return `Put the line of the snippet into the environment block on line ${environment}.`;
  }
  return `Put the snippet into the pipeline block that starts on line ${pipeline}, above "stages".`;
}
