/** A settings file cut into its parts, before any field is understood. */
export interface SettingsSections {
  /** Lines `key :<tab>values` by heading (`General`, `Waveform`, `Camera` …), without the user's notes. */
  readonly listed: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** The INI part by section. Where a key repeats, the last one counts. */
  readonly ini: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly warnings: readonly string[];
}

const largestText = 4 * 1024 * 1024;

/** UTF-8 where the bytes are UTF-8, else Latin-1: the microscope's software changed its encoding between versions. */
export function decodeSettings(content: string | Uint8Array): string {
  if (content.length > largestText) throw new RangeError('a settings file is limited to 4 MiB');
  if (typeof content === 'string') return content;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return Buffer.from(content).toString('latin1');
  }
}

/** Line ends may be mixed within one file. What microscopists typed as notes is skipped: it holds names of people. */
export function cutSections(text: string): SettingsSections {
  const listed = new Map<string, Map<string, string[]>>();
  const ini = new Map<string, Map<string, string>>();
  const warnings: string[] = [];
  let heading = '';
  let section = '';
  for (const line of text.split(/\r\n|\n|\r/)) {
    const title = headingOf(line);
    if (title !== undefined) heading = title;
    else if (heading === '.ini file') section = readIniLine(line, section, ini, warnings);
    else if (heading !== 'notes') readListedLine(line, heading, listed);
  }
  return { listed, ini, warnings };
}

/** `***** *****   Camera  ***** *****` → `camera`; the stars and the space between them vary. */
function headingOf(line: string): string | undefined {
  if (!line.startsWith('***') || !line.trimEnd().endsWith('***')) return undefined;
  return line.replaceAll('*', ' ').trim().replace(/\s+/g, ' ').toLowerCase();
}

function readListedLine(line: string, heading: string, listed: Map<string, Map<string, string[]>>): void {
  const at = line.includes(':\t') ? line.indexOf(':\t') : line.indexOf(':');
  if (at < 1) return;
  const values = line
    .slice(at + 1)
    .split('\t')
    .map((value) => value.trim());
  const keys = listed.get(heading) ?? new Map<string, string[]>();
  // One empty value stands before the tab that follows the colon.
  keys.set(line.slice(0, at).trim(), values[0] === '' ? values.slice(1) : values);
  listed.set(heading, keys);
}

function readIniLine(
  line: string,
  section: string,
  ini: Map<string, Map<string, string>>,
  warnings: string[],
): string {
  const title = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1];
  if (title !== undefined) return title;
  const [key, value] = splitIniLine(line);
  if (key === '') return section;
  const keys = ini.get(section) ?? new Map<string, string>();
  if (keys.has(key)) warnings.push(`[${section}] gives \`${key}\` more than once; the last one counts`);
  keys.set(key, value);
  ini.set(section, keys);
  return section;
}

/** The value starts after the last ` = `, since keys hold ` = ` themselves; it may be quoted or empty. */
function splitIniLine(line: string): readonly [key: string, value: string] {
  const text = line.trim();
  if (text.endsWith(' =')) return [text.slice(0, -2).trim(), ''];
  const at = text.lastIndexOf(' = ');
  if (at < 0) return ['', ''];
  return [
    text.slice(0, at).trim(),
    text
      .slice(at + 3)
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  ];
}

/** Some fields, with the lines they came from. */
export type Read<T> = Partial<T> & {
  readonly sources?: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
};

export function listedLine(sections: SettingsSections, heading: string, key: string): string | undefined {
  const text = sections.listed.get(heading)?.get(key)?.join(' ');
  return text === '' ? undefined : text;
}

/** A plain decimal number; `NaN`, `OFF` and the empty text are none. */
export function finite(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
