// The layer rule of the house: an import may only go down. See CONTRIBUTING.md for the picture.
const allowed = {
  model: [],
  formats: [],
  documents: ['model'],
  collections: ['model', 'formats'],
  expressions: ['model'],
  tools: ['model', 'documents', 'expressions'],
  sites: ['model', 'documents'],
  compiler: ['model', 'documents', 'expressions', 'collections', 'tools'],
  scheduler: ['model'],
  templates: ['model', 'expressions'],
  backends: ['model', 'templates'],
  provenance: ['model'],
  report: ['model', 'formats', 'provenance'],
  run: [
    'model',
    'documents',
    'formats',
    'collections',
    'expressions',
    'tools',
    'sites',
    'compiler',
    'scheduler',
    'templates',
    'backends',
    'provenance',
    'report',
  ],
  cli: ['run', 'model'],
  imaging: ['formats'],
};

const layers = Object.entries(allowed).map(([room, below]) => ({
  name: `layer-${room}`,
  comment: `src/${room} may import only: ${below.join(', ') || 'nothing'} (see CONTRIBUTING.md)`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^(src|bin)/',
    pathNot: `^src/(${[room, ...below].join('|')})/`,
  },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'bin-starts-a-command-line',
      severity: 'error',
      from: { path: '^bin/' },
      to: { path: '^src/', pathNot: '^src/(cli|imaging)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '(\\.d\\.ts$|kernels/assembly)' },
      to: {},
    },
    {
      name: 'model-is-the-ground',
      comment: 'src/model has no I/O and no clock',
      severity: 'error',
      from: { path: '^src/(model|scheduler)/' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'kernels/assembly' },
  },
};
