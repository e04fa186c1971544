import { type JaneliaName, parseJaneliaName } from '../formats/index.ts';
import type { NameMatch } from './name-match.ts';

/** Dimensions of a raw stack of a Janelia-design microscope; processed files and all others are ignored. */
export function matchJanelia(name: string): NameMatch {
  const found = parseJaneliaName(name);
  if (found === undefined) return { kind: 'ignored', why: ignoredReason(name) };
  if (found.suffix !== undefined)
    return { kind: 'ignored', why: `a processed file, since \`${found.suffix}\` follows the raw name` };
  if (found.timeConflict !== undefined)
    return { kind: 'refused', why: `its time is not certain: ${found.timeConflict}` };
  return {
    kind: 'item',
    dims: toDims(found),
    tags: { relative_ms: found.relativeMs, absolute_ms: found.absoluteMs },
  };
}

function ignoredReason(name: string): string {
  return /settings\.txt$/i.test(name)
    ? 'a settings file, read for its metadata'
    : 'not the name of a raw stack';
}

/** Without what tells only repetitions apart: two files with equal dimensions come from a restarted acquisition. */
function toDims(found: JaneliaName): Readonly<Record<string, string | number>> {
  const { base, iter, camera, channel, wave, wavelengthNm, tile, time } = found;
  return {
    base,
    // The last Iter number is the time; what stands before it counts positions or rounds.
    ...(iter.length > 1 && { iter: iter.slice(0, -1).join('_') }),
    ...(camera !== undefined && { camera }),
    channel,
    wave: wavelengthNm,
    ...(wave !== `${wavelengthNm}nm` && { line: wave }),
    ...(tile !== undefined && { x: tile.x, y: tile.y, z: tile.z }),
    time,
  };
}
