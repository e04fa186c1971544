import type { TestModule } from 'vitest/node';

/** Ends the run with one plain line that any machine can read. */
export default class CountReporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that cannot be loaded holds no tests, and has failed all the same.
      if (
        module.state() === 'failed' &&
        [...module.children.allTests()].every((test) => test.result().state !== 'failed')
      ) {
        count.failed++;
      }
    }
    const failed = count.failed + count.pending + errors.length;
    console.log(`${count.passed} passed, ${failed} failed, ${count.skipped} skipped`);
  }
}
