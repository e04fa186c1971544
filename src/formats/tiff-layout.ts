import { type ImageJHeader, parseImageJ } from './imagej-header.ts';
import { toMicrometres } from './length-unit.ts';
import { parseOme } from './ome-xml.ts';
import { type PlanePosition, type PlaneSizes, planeCount, type VoxelSize } from './pixels.ts';

/** Which page holds which plane, and how large a voxel is, from what the first page says. */
export interface TiffLayout {
  readonly sizes: PlaneSizes;
  readonly voxel: Partial<VoxelSize> & { readonly source?: 'ome' | 'imagej' | 'resolution' };
  readonly notes: Readonly<Record<string, string>>;
  /** True where the planes follow each other as raw bytes behind a single page (ImageJ's form above 4 GiB). */
  readonly rawRun: boolean;
  /** The page of a plane; undefined where it lies in another file of an OME set. */
  pageOf(at: PlanePosition): number | undefined;
}

export interface FirstPageText {
  readonly description: string | undefined;
  /** Edges of a pixel by the resolution tags, in the unit that the header or the tag names. */
  readonly edge: { readonly x?: number | undefined; readonly y?: number | undefined };
  readonly resolutionUnit: number;
  readonly pages: number;
}

/** Above this a resolution tag describes a print (72 dots per inch are 353 µm), not a microscope's pixel. */
const largestPixelMicrometres = 50;

/** Throws an `Error` whose message continues "`file` …" where header and pages disagree. */
export function readLayout(first: FirstPageText): TiffLayout {
  return omeLayout(first) ?? imageJLayout(first) ?? plainLayout(first);
}

function omeLayout({ description, pages }: FirstPageText): TiffLayout | undefined {
  const ome = parseOme(description);
  if (ome === undefined) return undefined;
  const { sizes, notes, voxel } = ome;
  const { planes, last, elsewhere, pageOf } = ome.pages;
  const incomplete = planes < planeCount(sizes) && !elsewhere;
  if (incomplete || last >= pages) throw new Error(missingPages('OME', planeCount(sizes), pages));
  return { sizes, notes, pageOf, rawRun: false, voxel: withSource(voxel, 'ome') };
}

function imageJLayout({ description, edge, pages }: FirstPageText): TiffLayout | undefined {
  const header = parseImageJ(description, edge);
  if (header === undefined) return undefined;
  const { sizes, notes, images } = header;
  const rawRun = pages === 1 && images > 1;
  if (planeCount(sizes) !== images) throw new Error(contradiction(header));
  if (!rawRun && images !== pages) throw new Error(missingPages('ImageJ', images, pages));
  const pageOf = (at: PlanePosition) => at.c + sizes.c * (at.z + sizes.z * at.t);
  return { sizes, notes, pageOf, rawRun, voxel: withSource(header.voxel, 'imagej') };
}

function contradiction({ images, sizes }: ImageJHeader): string {
  return `contradicts itself: its ImageJ header says ${images} images but ${sizes.c} channels × ${sizes.z} slices × ${sizes.t} frames`;
}

function missingPages(kind: string, said: number, pages: number): string {
  const doubt = pages < said ? 'is truncated or still being written' : 'is damaged';
  return `${doubt}: its ${kind} header says ${said} planes but it holds ${pages}; copy it again or wait until it is written`;
}

function plainLayout({ edge, resolutionUnit, pages }: FirstPageText): TiffLayout {
  const unit = { 2: 'inch', 3: 'cm' }[resolutionUnit] ?? '';
  const pixel = (length: number | undefined) => {
    const size = toMicrometres(length ?? Number.NaN, unit);
    return size !== undefined && size <= largestPixelMicrometres ? size : undefined;
  };
  const [x, y] = [pixel(edge.x), pixel(edge.y)];
  const voxel = { ...(x !== undefined && { x }), ...(y !== undefined && { y }) };
  return {
    sizes: { z: pages, c: 1, t: 1 },
    notes: {},
    rawRun: false,
    pageOf: (at) => at.z,
    voxel: withSource(voxel, 'resolution'),
  };
}

function withSource(voxel: Partial<VoxelSize>, source: 'ome' | 'imagej' | 'resolution'): TiffLayout['voxel'] {
  return Object.keys(voxel).length === 0 ? {} : { ...voxel, source };
}
