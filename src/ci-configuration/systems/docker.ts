import { readOnlyTokenName, tokenName, tokenNames, type CiJob, type CiSystem } from '../ci-file.js';
import { lineOfNxCommand } from '../nx-commands.js';
import { adviceBase } from './common.js';

/**
 * Builds in a container see nothing of the job's environment. A build secret is there for one RUN and leaves no trace, while
 * what ARG and ENV hold stays in the image and its history ("Build secrets"; check rule SecretsUsedInArgOrEnv).
 */
export const docker: CiSystem = {
  name: 'Docker',
  secretStore:
    `The token stays where CI keeps it. Hand it to the build as a secret: docker build --secret id=${tokenName},env=${tokenName} . ` +
    `(with the value of ${readOnlyTokenName} for pull requests), never with --build-arg.`,
  snippet: `RUN --mount=type=secret,id=${tokenName},env=${tokenName} npx nx build\n`,
  matches: (path) => /(?:^|\/)(?:(?:docker|container)file(?:\.[^/]+)?|[^/]+\.dockerfile)$/i.test(path),
  advise: (text, path, { scripts }) => {
    const base = adviceBase(docker, path, text);
    if (text.length > 1024 * 1024) {
      return { ...base, jobs: [], notes: [], untouched: `${path} is larger than 1 MiB, so it was not looked into.` };
    }
    const all = instructionsIn(text);
    const stages = stagesOf(all);
    const jobs = stages.map(({ name, line, instructions }): CiJob => {
      const runs = instructions.filter(({ keyword }) => keyword === 'RUN');
      const nx = runs.flatMap((run) => {
        const found = lineOfNxCommand(run.shell, scripts);
        return found === undefined ? [] : [{ run, line: run.line + found }];
      });
      const [first] = nx;
      if (first === undefined) return { name, line, state: 'no-nx' };
      const given = instructions.some(setsToken) || nx.every(({ run }) => mentionsToken(run.text));
      return { name, line, state: given ? 'has-token' : 'needs-token', nxLine: first.line };
    });
    const notes = all.filter(setsToken).map(({ keyword, line }) => {
      return `${keyword} on line ${line} leaves the token in the image and its history, for everybody who can pull it. Use a build secret instead.`;
    });
    if (!jobs.some(({ state }) => state === 'needs-token')) return { ...base, jobs, notes };
    const untouched =
      'A Dockerfile is not changed, since the command that builds it has to change, too. Write RUN as in the snippet.';
    return { ...base, jobs, notes, untouched };
  },
};

interface Instruction {
  readonly keyword: string;
  readonly text: string;
  /** What a RUN runs, as one shell text with the same lines. */
  readonly shell: string;
  readonly line: number;
}

interface Stage {
  readonly name: string;
  readonly line: number;
  readonly instructions: readonly Instruction[];
}

function instructionsIn(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const found: Instruction[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    const keyword = /^\s*([a-z]+)\s/i.exec(lines[index] ?? '')?.[1]?.toUpperCase();
    if (keyword === undefined) continue;
    const own = [lines[index] ?? ''];
    // Comments and empty lines may stand between the lines of an instruction.
    while (/\\\s*$/.test(own.at(-1) ?? '') && index + 1 < lines.length) {
      index++;
      const next = lines[index] ?? '';
      own.push(/^\s*(#|$)/.test(next) ? '\\' : next);
    }
    // Its own flags in front are none of the command; the lines they take stay.
    const shell = own
      .join('\n')
      .replace(/^\s*run\s(?:\s|\\\n|--[\w-]+=\S+)*/i, (start) => start.replaceAll(/[^\n]/g, ''));
    found.push({ keyword, text: own.join('\n'), shell: execForm(shell), line });
  }
  return found;
}

/** `RUN ["npx", "nx", "build"]` */
function execForm(shell: string): string {
  return shell.trimStart().startsWith('[') ? shell.replaceAll(/[[\],]/g, ' ') : shell;
}

function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap((instruction, index) => (instruction.keyword === 'FROM' ? [index] : []));
  return starts.map((start, number) => {
    const own = instructions.slice(start, starts[number + 1]);
    const name = /\bas\s+([\w.-]+)/i.exec(own[0]?.text ?? '')?.[1] ?? `stage ${number}`;
    return { name, line: own[0]?.line ?? 1, instructions: own };
  });
}

function setsToken({ keyword, text }: Instruction): boolean {
  return (keyword === 'ARG' || keyword === 'ENV') && mentionsToken(text);
}

function mentionsToken(text: string): boolean {
  return tokenNames.some((name) => new RegExp(`\\b${name}\\b`).test(text));
}
