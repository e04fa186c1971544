import { LocalTransport } from '../../src/backends/index.ts';
import { transportContract } from './transport-suite.ts';

transportContract('this machine', { open: () => new LocalTransport(), remote: false });
