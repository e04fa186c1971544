/**
 * Site profiles: the YAML of a facility or a user → a checked site, or all that is wrong with it. It opens no site and knows
 * no transport and no batch system; it only says what a profile means.
 */
export { localSite } from './local-site.ts';
export { parseProfiles, parseSite } from './parse-site.ts';
export { type ProbedSite, probeScript, readProbe } from './read-probe.ts';
export { renderProfile } from './render-profile.ts';
