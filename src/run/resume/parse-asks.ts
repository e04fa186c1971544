import {
  EspalierError,
  parseMemory,
  parseTime,
  type Resources,
  resourceNames,
  suggest,
  wishPattern,
} from '../../model/index.ts';

/** `memory=64GB`, `time=2h`, `partition=long` → what is asked for from now on. Throws with what is wrong with a word. */
export function parseAsks(given: readonly string[]): Partial<Resources> | undefined {
  if (given.length === 0) return undefined;
  return Object.assign({}, ...given.flatMap((text) => text.split(',')).map(parseAsk));
}

function parseAsk(text: string): Partial<Resources> {
  const [name = '', ...rest] = text.split('=');
  const value = rest.join('=').trim();
  const known = resourceNames.find((each) => each === name.trim());
  if (known === undefined || value === '') throw notAsked(text, name.trim());
  switch (known) {
    case 'memory':
    case 'scratch':
      return { [known]: wanted(parseMemory(value), text, '`memory=64GB`') };
    case 'time':
      return { time: wanted(parseTime(value), text, '`time=2h`') };
    case 'cpus':
    case 'gpus':
    case 'limit':
      return { [known]: wanted(/^\d{1,6}$/.test(value) ? Number(value) : undefined, text, `\`${known}=2\``) };
    default:
      return { [known]: wanted(wishPattern.test(value) ? value : undefined, text, `\`${known}=NAME\``) };
  }
}

function wanted<T>(value: T | undefined, text: string, such: string): T {
  if (value !== undefined && value !== 0) return value;
  throw new EspalierError('bad-usage', `\`--with ${text}\` is no amount`, { hint: `write e.g. ${such}` });
}

function notAsked(text: string, name: string): EspalierError {
  const near = suggest(name, resourceNames);
  return new EspalierError('bad-usage', `\`--with ${text}\` asks for nothing that is known`, {
    hint:
      near === undefined
        ? `write NAME=VALUE; names: ${resourceNames.join(', ')}`
        : `did you mean \`${near}\`?`,
  });
}
