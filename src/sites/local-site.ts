import type { Site } from '../model/index.ts';

/** This machine as a site: no profile is needed for it. `work`: where its runs lie. */
export function localSite(work: string): Site {
  return {
    name: 'local',
    transport: { kind: 'local', host: '' },
    batch: 'local',
    work,
    partitions: {},
    prelude: [],
    containers: {
      runtime: 'none',
      program: 'apptainer',
      prelude: [],
      insecureRegistries: [],
      images: {},
      folder: `${work}/containers`,
      pull: 'login',
    },
    // It sees its own files and processes at once, and nobody else minds the questions.
    limits: {
      arraySize: 1000,
      slots: 1,
      pollShortest: 0.05,
      pollLongest: 1,
      fileDelay: 0,
      answerWithin: 240,
      failures: 100,
      elementSeconds: 120,
    },
    engines: ['cpu'],
  };
}
