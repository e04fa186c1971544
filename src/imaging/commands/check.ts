import { openTiff, shownPath, type TiffImage } from '../../formats/index.ts';
import { ImagingError, UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { choiceOf, isSet, textOf } from './values.ts';
import type { Arguments } from './verb.ts';

/** Reads every plane of a file, so that one cut short is found, and compares what was read with what is wanted. */
export async function runCheck({ files, options }: Arguments, streams: Streams): Promise<void> {
  const [input, extra] = files;
  if (input === undefined || extra !== undefined) throw new UsageError('one INPUT is wanted');
  const shape = shapeWanted(textOf(options, 'shape'));
  const type = choiceOf(options, 'type', ['uint8', 'uint16', 'float32']);
  const image = await openTiff(input);
  try {
    const problems = [
      ...headerProblems(image, shape, type),
      ...(await valueProblems(image, isSet(options, 'not-all-zero'), isSet(options, 'finite'))),
    ];
    if (problems.length > 0) throw new ImagingError(`${shownPath(input)} ${problems.join('; ')}`);
    streams.out(`${shownPath(input)}: ${sizeOf(image)}, ${image.pixelType}, as wanted`);
  } finally {
    await image.close();
  }
}

/** `512x512x64`: x, y, planes. */
function shapeWanted(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*x[1-9]\d*(x[1-9]\d*)?$/.test(text))
    throw new UsageError(`--shape wants x, y and planes such as \`512x512x64\`, not \`${text}\``);
  return text.split('x').length === 2 ? `${text}x1` : text;
}

function sizeOf({ width, height, sizes }: TiffImage): string {
  return `${width}x${height}x${sizes.z}`;
}

function headerProblems(
  image: TiffImage,
  shape: string | undefined,
  type: string | undefined,
): readonly string[] {
  const size = sizeOf(image);
  return [
    ...(shape === undefined || shape === size ? [] : [`is \`${size}\` (x, y, planes), not \`${shape}\``]),
    ...(type === undefined || type === image.pixelType
      ? []
      : [`holds \`${image.pixelType}\`, not \`${type}\``]),
  ];
}

async function valueProblems(
  image: TiffImage,
  notAllZero: boolean,
  finite: boolean,
): Promise<readonly string[]> {
  let [anyValue, anyWrong] = [false, false];
  for (let t = 0; t < image.sizes.t; t++)
    for (let c = 0; c < image.sizes.c; c++)
      for (let z = 0; z < image.sizes.z; z++)
        for (const value of await image.readPlane({ z, c, t })) {
          if (value !== 0) anyValue = true;
          if (!Number.isFinite(value)) anyWrong = true;
        }
  return [
    ...(notAllZero && !anyValue ? ['is all zeros'] : []),
    ...(finite && anyWrong ? ['holds values that are no finite numbers'] : []),
  ];
}
