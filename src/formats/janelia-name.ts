/** What the file name of a Janelia-design microscope says: one stack of one channel at one time. */
export interface JaneliaName {
  readonly base: string;
  /** The numbers after `_Iter_`, if any. */
  readonly iter: readonly number[];
  /** `A` of `_CamA`. */
  readonly camera?: string;
  readonly channel: number;
  /** 1 of `_CAM1`. */
  readonly cameraNumber?: number;
  readonly stack: number;
  /** As written: `488nm`, `488nm-SB`. */
  readonly wave: string;
  readonly wavelengthNm: number;
  /** Milliseconds since the acquisition began. */
  readonly relativeMs: number;
  /** Milliseconds on the instrument's clock. */
  readonly absoluteMs: number;
  /** Tile indices, which may be negative, and the frame. */
  readonly tile?: { readonly x: number; readonly y: number; readonly z: number; readonly t: number };
  /** What follows the raw name (`_deskewed`): with it, the file is a processed one. */
  readonly suffix?: string;
  /** Time index: the tile's frame or the last Iter number where there is an Iter, else the stack number. */
  readonly time: number;
  /** Set where two parts of the name give different times, in words. */
  readonly timeConflict?: string;
}

const end = 'msecabs';

/** Reads a file name (no folder) from its right end, where the parts are regular; undefined where it is no such name. */
export function parseJaneliaName(name: string): JaneliaName | undefined {
  const stem = name.replace(/\.tiff?$/i, '');
  if (stem === name && /\.[a-z0-9]{1,5}$/i.test(name)) return undefined;
  const at = stem.toLowerCase().lastIndexOf(end);
  if (at < 0 || name.length > 255) return undefined;
  const left = readLeft(stem.slice(0, at).split('_'));
  if (left === undefined) return undefined;
  const right = readRight(stem.slice(at + end.length));
  return { ...left, ...right, ...decideTime(left.stack, left.iter, right.tile?.t) };
}

type Left = Omit<JaneliaName, 'tile' | 'suffix' | 'time' | 'timeConflict'>;

/** `tokens` are the parts between underscores, up to the digits before `msecAbs`; they are taken from the end. */
function readLeft(tokens: string[]): Left | undefined {
  const take = (pattern: RegExp) => {
    const found = pattern.exec(tokens.at(-1) ?? '');
    if (found !== null) tokens.pop();
    return found?.[1];
  };
  const absolute = take(/^(\d{7,13})$/);
  const relative = take(/^(\d{7,10})msec$/i);
  const wave = take(/^(\D{0,32}\d.{0,64})$/);
  const stack = take(/^stack(\d{1,9})$/i);
  const cameraNumber = take(/^CAM(\d{1,3})$/i);
  const channel = take(/^ch(\d{1,3})$/i);
  const camera = take(/^Cam([A-Z])$/i);
  const iter = takeIter(tokens);
  const base = tokens.join('_');
  if (base === '' || !absolute || !relative || !wave || !stack || !channel) return undefined;
  return {
    base,
    iter,
    ...(camera !== undefined && { camera: camera.toUpperCase() }),
    channel: Number(channel),
    ...(cameraNumber !== undefined && { cameraNumber: Number(cameraNumber) }),
    stack: Number(stack),
    wave,
    wavelengthNm: Number(/\d+/.exec(wave)?.[0]),
    relativeMs: Number(relative),
    absoluteMs: Number(absolute),
  };
}

function takeIter(tokens: string[]): readonly number[] {
  let start = tokens.length;
  while (start > 0 && /^\d{1,9}$/.test(tokens[start - 1] ?? '')) start -= 1;
  if (start === tokens.length || tokens[start - 1]?.toLowerCase() !== 'iter') return [];
  const numbers = tokens.splice(start - 1).slice(1);
  return numbers.map(Number);
}

function readRight(text: string): Pick<JaneliaName, 'tile' | 'suffix'> {
  const match = /^_(-?\d{1,6})x_(-?\d{1,6})y_(-?\d{1,6})z_(-?\d{1,6})t/i.exec(text);
  const suffix = text.slice(match?.[0].length ?? 0);
  const [x = 0, y = 0, z = 0, t = 0] = (match ?? []).slice(1).map(Number);
  return { ...(match !== null && { tile: { x, y, z, t } }), ...(suffix !== '' && { suffix }) };
}

function decideTime(
  stack: number,
  iter: readonly number[],
  frame: number | undefined,
): Pick<JaneliaName, 'time' | 'timeConflict'> {
  const last = iter.at(-1);
  if (last === undefined) return { time: stack };
  const time = frame ?? last;
  if (time !== last) return { time, timeConflict: `Iter says ${last} but the tile's frame says ${frame}` };
  // With an Iter, the stack number stays at zero.
  if (stack !== 0 && stack !== time)
    return { time, timeConflict: `Iter says ${last} but the stack number says ${stack}` };
  return { time };
}
