/**
 * A run's page: one HTML file with everything in it, for reading, printing and keeping. This room asks the ledger and
 * the images, and draws; it changes nothing, and knows no site, no process and no command line.
 */
export { collectReport } from './collect.ts';
export { renderReport } from './page/render-report.ts';
