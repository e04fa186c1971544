import { finite, listedLine, type Read, type SettingsSections } from './settings-sections.ts';

/** How the stack was scanned and lit. */
export interface ScanSettings {
  /** `sample`: the stack is skewed; `objective`: it is upright. Absent where `Z motion` is missing or unknown. */
  readonly scan?: 'sample' | 'objective';
  /** Step between planes in µm as commanded; the sign is the direction of the scan. */
  readonly dz?: number;
  /** The same as a size. */
  readonly dzSize?: number;
  readonly planes?: number;
  readonly timePoints?: number;
  /** `per Z` where the channels alternate plane by plane. */
  readonly channelOrder?: string;
  readonly channels: readonly ChannelSettings[];
}

interface ChannelSettings {
  /** The number in the file names (`_ch0`), from the `(0)` that ends the line's key. */
  readonly index: number;
  readonly filter?: string;
  /** Lasers that were on, first the one that names the files. */
  readonly lasers: readonly { readonly wavelengthNm: number; readonly powerPercent?: number }[];
  readonly exposureMs?: number;
}

interface AxisLine {
  readonly axis: string;
  readonly channel: number;
  readonly interval: number;
  readonly planes: number;
  readonly key: string;
}

const scanByMotion: Readonly<Record<string, 'sample' | 'objective'>> = {
  'sample piezo': 'sample',
  'x stage': 'sample',
  'z galvo & piezo': 'objective',
};

/**
 * Axes that may carry the step, best first. `S Piezo` stands in both lists: some software names it for either scan,
 * so `Z motion` decides. `X Galvo` dithers the sheet and never scans.
 */
const axesByScan: Readonly<Record<'sample' | 'objective', readonly string[]>> = {
  sample: ['s pzt', 's piezo', 'x stage'],
  objective: ['z pzt', 'z piezo', 'xz stage', 's piezo', 'z galvo'],
};

export function readScan(sections: SettingsSections): Read<ScanSettings> {
  const motion = listedLine(sections, 'waveform', 'Z motion');
  const scan = scanByMotion[motion?.toLowerCase() ?? ''];
  const order = listedLine(sections, 'waveform', 'Cycle lasers');
  const step = readStep(sections, scan);
  const times = readTimePoints(sections);
  const unknown = `\`Z motion\` is ${motion === undefined ? 'missing' : `\`${motion}\`, which is not known`}, so scan must be given`;
  return {
    ...(scan !== undefined && { scan }),
    ...(order !== undefined && { channelOrder: order }),
    ...step,
    ...times,
    channels: readChannels(sections),
    sources: { ...(scan !== undefined && { scan: 'Z motion' }), ...step.sources, ...times.sources },
    warnings: [...(scan === undefined ? [unknown] : []), ...(step.warnings ?? []), ...(times.warnings ?? [])],
  };
}

function readStep(sections: SettingsSections, scan: 'sample' | 'objective' | undefined): Read<ScanSettings> {
  const lines = readAxes(sections);
  const wanted = scan === undefined ? [...new Set(Object.values(axesByScan).flat())] : axesByScan[scan];
  const moved = lines.filter((line) => wanted.includes(line.axis) && line.interval !== 0);
  const axis = wanted.find((name) => moved.some((line) => line.axis === name));
  const found = moved.filter((line) => line.axis === axis);
  const first = found[0];
  if (first === undefined) return { warnings: ['no axis that scans has an interval, so dz must be given'] };
  if (scan === undefined && new Set(moved.map((line) => line.axis)).size > 1)
    return {
      warnings: [
        'several axes have an interval and `Z motion` does not say which scans, so dz must be given',
      ],
    };
  const alike = found.every((line) => line.interval === first.interval && line.planes === first.planes);
  return {
    dz: first.interval,
    dzSize: Math.abs(first.interval),
    planes: first.planes,
    sources: { dz: first.key, planes: first.key },
    warnings: alike ? [] : [`channels differ in step or planes; those of channel ${first.channel} are taken`],
  };
}

/** Lines of three numbers: offset, interval (both µm) and planes. Ordered by channel, not by line. */
function readAxes({ listed }: SettingsSections): readonly AxisLine[] {
  const lines = [...(listed.get('waveform') ?? [])].flatMap(([key, values]) => {
    const match = /^([\w ]{1,40}) Offset, Interval \(um\), # of Pixels for Excitation \((\d+)\)$/i.exec(key);
    const [interval, planes] = [finite(values[1]), finite(values[2])];
    if (match?.[1] === undefined || interval === undefined || planes === undefined) return [];
    return [{ axis: match[1].toLowerCase(), channel: Number(match[2]), interval, planes, key }];
  });
  return lines.sort((a, b) => a.channel - b.channel);
}

function readTimePoints({ listed }: SettingsSections): Read<ScanSettings> {
  const counts = [...(listed.get('waveform') ?? [])]
    .map(([key, values]) => [/^# of stacks \((\d+)\)$/.exec(key)?.[1], finite(values[0]), key] as const)
    .filter(([channel, count]) => channel !== undefined && count !== undefined)
    .sort((a, b) => Number(a[0]) - Number(b[0]));
  const first = counts[0];
  if (first?.[1] === undefined) return {};
  const alike = counts.every(([, count]) => count === first[1]);
  return {
    timePoints: first[1],
    sources: { timePoints: first[2] },
    warnings: alike
      ? []
      : [`channels differ in their number of stacks; that of channel ${first[0]} is taken`],
  };
}

function readChannels({ listed }: SettingsSections): readonly ChannelSettings[] {
  const lines = [...(listed.get('waveform') ?? [])].flatMap(([key, values]) => {
    const index = /^Excitation Filter, Laser, Power \(%\), Exp\(ms\)[^()]*(?:\(%\)[^()]*)*\((\d+)\)$/.exec(
      key,
    )?.[1];
    return index === undefined ? [] : [readChannel(Number(index), values)];
  });
  return lines.sort((a, b) => a.index - b.index);
}

/** Filter, laser, power, exposure; newer software adds pairs of laser and power. `OFF` stands where no laser is. */
function readChannel(index: number, values: readonly string[]): ChannelSettings {
  const [filter, laser, power, exposure, ...more] = values;
  const pairs = [[laser, power], ...more.flatMap((_, i) => (i % 2 === 0 ? [[more[i], more[i + 1]]] : []))];
  const exposureMs = finite(exposure);
  return {
    index,
    ...(filter !== undefined && filter !== 'N/A' && filter !== '' && { filter }),
    lasers: pairs.flatMap(([name, percent]) => {
      const wavelengthNm = finite(name);
      const powerPercent = finite(percent);
      if (wavelengthNm === undefined) return [];
      return [{ wavelengthNm, ...(powerPercent !== undefined && { powerPercent }) }];
    }),
    ...(exposureMs !== undefined && { exposureMs }),
  };
}
