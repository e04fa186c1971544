import { openEngine } from '../../src/imaging/engines/index.ts';
import { engineContract } from './engine-suite.ts';

engineContract('cpu', () => openEngine('cpu', { threads: 1 }));
