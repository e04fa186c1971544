import type { PlannedStep, RunId } from '../model/index.ts';
import type { Ledger, RunOutput } from '../provenance/index.ts';
import type { ItemPictures, Picture, ReportData } from './report-data.ts';
import { drawThumbnail, isPicture } from './thumbnail.ts';

type Pictures = Pick<ReportData, 'pictures' | 'morePictures' | 'gathered'>;

/** At most this many results of tasks over many items. */
const mostGathered = 12;

/** Some items from raw to result, spread over the run, and what was gathered from many. */
export async function collectPictures(
  ledger: Ledger,
  run: RunId,
  steps: readonly PlannedStep[],
  outputs: readonly RunOutput[],
  items: number,
): Promise<Pictures> {
  const shape = new Map(steps.map((step) => [step.name, step.shape]));
  const images = outputs.filter(({ path, state }) => isPicture(path) && state === 'present');
  const single = images.filter(({ step }) => shape.get(step) !== 'group');
  const labels = [...new Set(single.map(({ label }) => label))];
  const shown = spread(labels, items);
  const pictures: ItemPictures[] = [];
  for (const label of shown) {
    pictures.push(
      await itemPictures(
        ledger,
        run,
        label,
        single.filter((image) => image.label === label),
      ),
    );
  }
  const gathered: Picture[] = [];
  for (const image of spread(
    preferPng(images.filter(({ step }) => shape.get(step) === 'group')),
    mostGathered,
  )) {
    gathered.push(await draw(image.step, image.label, image.path));
  }
  return { pictures, morePictures: labels.length - shown.length, gathered };
}

async function itemPictures(
  ledger: Ledger,
  run: RunId,
  label: string,
  images: readonly RunOutput[],
): Promise<ItemPictures> {
  const pictures: Picture[] = [];
  for (const path of images[0] === undefined ? [] : rawInputs(ledger, run, images[0])) {
    pictures.push(await draw('raw', label, path));
  }
  for (const image of onePerStep(images)) pictures.push(await draw(image.step, label, image.path));
  return { label, pictures };
}

/** What the item's first task read of data that is no calibration; at most one. */
function rawInputs(ledger: Ledger, run: RunId, { task }: RunOutput): readonly string[] {
  return (ledger.plannedTask(run, task)?.inputs ?? [])
    .flatMap(({ from }) => (from.kind === 'file' && !from.calibration ? [from.file.path] : []))
    .filter(isPicture)
    .slice(0, 1);
}

/** A step may make several images of one item: the first of its outputs stands for it. */
function onePerStep(images: readonly RunOutput[]): readonly RunOutput[] {
  return images.filter((image, i) => images.findIndex(({ step }) => step === image.step) === i);
}

/** Where a task made a PNG beside its TIFF, the PNG has the contrast that was asked for. */
function preferPng(images: readonly RunOutput[]): readonly RunOutput[] {
  const isPng = ({ path }: RunOutput): boolean => /\.png$/i.test(path);
  return images.filter(
    (image) => isPng(image) || !images.some((other) => other.task === image.task && isPng(other)),
  );
}

async function draw(from: string, label: string, path: string): Promise<Picture> {
  return { from, label, path, ...(await drawThumbnail(path)) };
}

/** `count` of them at equal distances, the first among them. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]).flatMap((one) =>
    one === undefined ? [] : [one],
  );
}
