import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const common = { testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' as const };

export default defineConfig({
  test: {
    // Taking the test cluster down may last longer than the 10 s after which Vitest ends itself.
    teardownTimeout: 120_000,
    reporters: ['default', './test/count-reporter.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'machine',
          // Two on two cores: a file often waits for the programs that it starts.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**'],
        },
      },
      {
        // One cluster for all of these files, one after another.
        test: {
          ...common,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
