import type { Reporter, TestModule } from 'vitest/node';
import { closeLedger, openLedger } from './ledger.js';

/** Ends every run with one line of counts, and fails it when a token stands in any recorded output. */
export default class SummaryReporter implements Reporter {
  onInit(): void {
    openLedger();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;

    const ledger = closeLedger();
    console.log(`Token search: ${ledger.tokens} tokens, ${ledger.bytes} bytes of output, ${ledger.leaks.length} leaks`);
    for (const leak of ledger.leaks) console.log(`  LEAK ${leak}`);
    if (ledger.leaks.length > 0) process.exitCode = 1;

    const failed =
      count('failed') + modules.filter((module) => module.errors().length > 0).length + ledger.leaks.length;
    console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`);
  }
}
