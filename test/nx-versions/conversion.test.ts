/** A repository as Nx's own tooling has made and connected it, converted, and what its people and its CI have of it then. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import { recordToken } from '../support/ledger.js';
import { build, byClientProgram, complaints, outputOf, startNx, type Clone } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { logInWithToken, newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer } from '../support/server.js';
import { tempDir } from '../support/temp-dir.js';
import { commitAll, connect, newWorkspace, runTool, toolEnv, workflowPath } from './new-workspace.js';

/** Of the form that Nx Cloud gave out. */
function legacyToken(): string {
  const token = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
  recordToken(token);
  return token;
}

/** A folder in which npm has installed the workspace. */
function cloneAt(root: string): Clone {
  mkdirSync(join(root, 'tmp'), { recursive: true });
  writeFileSync(join(root, 'tmp/builds'), '');
  const nx = realpathSync(join(root, 'node_modules/.bin/nx'));
  return { root, nx, loginProgram: nx };
}

/** Up to 19.5 Nx reads an id only among the options of a runner, whose package it needs. */
const needsPackage = nxUnderTest.major < 19;

describe(`A repository made by Nx ${nxUnderTest.version}`, () => {
  it('builds with its id, in CI and for people, when its token is converted, committed and revoked', async () => {
    const server = await startServer();
    const folder = tempDir();
    const env = toolEnv(join(folder, 'home'));
    const source = randomBytes(8).toString('hex');
    const token = legacyToken();
    const root = await newWorkspace(folder, env, source);
    await connect(root, env, server, token);
    expect(readFileSync(join(root, 'nx.json'), 'utf8')).toContain(token);
    await server.importCiToken(token);

    const converted = await run(programs.nxkey, ['convert-to-nx-cloud-id', '--commit', '--patch-ci'], {
      cwd: root,
      env,
    });
    expect(converted.code, converted.stderr).toBe(0);
    const commit = await runTool(root, env, ['git', 'show', '--name-only', '--format=%s']);
    expect(commit.trim().split('\n').filter(Boolean)).toEqual([
      'Replace the access token in nx.json by the nxCloudId',
      workflowPath,
      'nx.json',
      ...(needsPackage ? ['package.json'] : []),
    ]);
    expect(await runTool(root, env, ['git', 'status', '--porcelain'])).toBe('');
    expect(readFileSync(join(root, workflowPath), 'utf8')).toContain('secrets.NX_CLOUD_ACCESS_TOKEN');
    expect(nxJsonOf(root)).toMatchObject(expectedNxJson(server));
    expect(readFileSync(join(root, 'nx.json'), 'utf8')).not.toContain(token);

    if (needsPackage) {
      await runTool(root, env, ['npm', 'install']);
      await commitAll(root, env, 'Install nx-cloud');
    }
    const owner = newPerson({ NX_CLOUD_PERSONAL_ACCESS_TOKEN: await server.createPat() });
    const revoked = await run(programs.nxkey, ['ci-token', 'revoke', 'committed', '--yes'], { cwd: root, ...owner });
    expect(revoked.code, revoked.stderr).toBe(0);

    const ci = join(folder, 'ci');
    await runTool(folder, env, ['git', 'clone', '--quiet', root, ci]);
    // `npm ci` refuses a lock file where the registry does not have Nx's builds for each system.
    await runTool(ci, env, ['npm', 'install', '--no-save']);
    const byCi = byClientProgram({ NX_CLOUD_ACCESS_TOKEN: await ciToken(server, 'read-write') });
    const built = await build(cloneAt(ci), byCi);
    expect(built, built.printed).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([]);

    const ada = newPerson();
    await logInWithToken(server, ada);
    const clone = cloneAt(root);
    const report = await startNx(clone, byClientProgram(ada.env), ['report']).finished;
    expect(report, report.printed).toMatchObject({ code: 0 });
    expect(report.printed).toMatch(new RegExp(`^ *nx +: v?${nxUnderTest.version}$`, 'm'));
    const hit = await build(clone, byClientProgram(ada.env));
    expect(hit, hit.printed).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(complaints(hit)).toEqual([]);
    expect(outputOf(clone)).toBe(source);
  });
});

function nxJsonOf(root: string): unknown {
  return JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8'));
}

function expectedNxJson({ nxCloudId, url }: { nxCloudId: string; url: string }): object {
  const inRunner = (options: object) => ({ tasksRunnerOptions: { default: { runner: 'nx-cloud', options } } });
  if (nxUnderTest.major < 17) return inRunner({ nxCloudId, url });
  return needsPackage ? { ...inRunner({ nxCloudId }), nxCloudUrl: url } : { nxCloudId, nxCloudUrl: url };
}
