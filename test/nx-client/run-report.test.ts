import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { createRunReport } from '../../src/nx-client/run-report.js';
import { writeNow } from '../../src/nx-client/write-now.js';
import { tempDir } from '../support/temp-dir.js';

const error = (message: string, remedy?: string) => new UserError(message, remedy === undefined ? {} : { remedy });

it('says nothing where nothing was noted', () => {
  expect(createRunReport().warning()).toBe(undefined);
});

it('tells the most important of several problems, and the first of a kind with how many there were', () => {
  const report = createRunReport();
  report.note('read-only', error('May only read.'));
  report.note('artifact', error('The first is damaged.', 'Remove it.'));
  report.note('artifact', error('The second is damaged.'));
  report.note('not-storable', error('Too large.'));
  expect(report.warning()?.text).toBe(
    'warning: 2 results of the remote cache could not be used. The first is damaged.\nRemove it.\n',
  );
  report.note('server', error('It is down.'));
  expect(report.warning()?.text).toBe('warning: 1 request to the remote cache failed. It is down.\n');
  report.leftAlone();
  expect(report.warning()?.text).toBe(
    'warning: The remote cache was left alone for the rest of this run. It is down.\n',
  );
  report.note('not-opened', error('No such workspace.'));
  expect(report.warning()?.text).toBe('warning: No remote cache for this run. No such workspace.\n');
});

it('names commands that work with nothing installed', () => {
  const report = createRunReport();
  report.note('not-opened', error('You are not logged in.', 'Log in:  npx nxkey login https://cache.acme.example'));
  expect(report.warning()?.text).toContain('Log in:  npx nx-cloud login https://cache.acme.example\n');
});

it('writes all of it into a pipe that is full and read slowly', () => {
  const fifo = join(tempDir(), 'pipe');
  const read = join(tempDir(), 'read');
  // The shell opens the pipe, waits and then reads all that comes.
  execFileSync('sh', [
    '-c',
    `mkfifo "$1"; (exec 3<"$1"; sleep 0.2; cat <&3 >"$2"; mv "$2" "$2.done") >/dev/null 2>&1 &`,
    'sh',
    fifo,
    read,
  ]);
  // Waits for the reader. The one that is written to answers EAGAIN when the pipe is full, as a process's own may.
  const opened = openSync(fifo, 'w');
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  const text = 'x'.repeat(300_000);
  writeNow(fd, text);
  for (const one of [fd, opened]) closeSync(one);
  return expect.poll(() => readFileSync(`${read}.done`, 'utf8').length).toBe(text.length);
});
