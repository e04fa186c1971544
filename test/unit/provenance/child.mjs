// Runs a TypeScript module of the tests in a process of its own: node child.mjs MODULE ARGUMENT...
import { runnerImport } from 'vite';

const [, , path, ...values] = process.argv;
const { module } = await runnerImport(path, { configFile: false, logLevel: 'error' });
await module.main(...values);
