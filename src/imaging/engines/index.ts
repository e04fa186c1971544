/**
 * Engines: who computes what the imaging commands ask for, on which device. One port, one opener; the code of an
 * engine is loaded when it is opened. It knows nothing of files or of the command line.
 */
export { type ArrayWork, type Engine, EngineError, type MemoryNeed } from './engine.ts';
export { type EngineReport, findDevices } from './find-devices.ts';
export { engineNames, openEngine } from './open-engine.ts';
