import { createRequire } from 'node:module';
import type * as FastXmlParser from 'fast-xml-parser';
import { toMicrometres } from './length-unit.ts';
import { type PixelType, type PlanePosition, type PlaneSizes, planeCount, type VoxelSize } from './pixels.ts';

/** What an OME-XML description (schema 2016-06) says about the first image of the file. */
export interface OmeHeader {
  readonly sizes: PlaneSizes;
  readonly voxel: Partial<VoxelSize>;
  readonly notes: Readonly<Record<string, string>>;
  /** More than one image: only the first is read. */
  readonly imageCount: number;
  readonly pages: OmePages;
}

interface OmePages {
  /** Planes that lie in this file, and the last page that one of them is on. */
  readonly planes: number;
  readonly last: number;
  /** Some planes lie in other files of a set. */
  readonly elsewhere: boolean;
  /** The page of a plane in this file; undefined where the plane lies elsewhere. */
  pageOf(at: PlanePosition): number | undefined;
}

const require = createRequire(import.meta.url);

type Node = Readonly<Record<string, unknown>>;

const textLimit = 64 * 1024 * 1024;
const axes: Readonly<Record<string, keyof PlaneSizes>> = { Z: 'z', C: 'c', T: 't' };

/** Reads OME-XML; undefined where the text is none; throws an `Error` that says what is wrong with it. */
export function parseOme(description: string | undefined): OmeHeader | undefined {
  if (description === undefined || !/<(\w+:)?OME[\s>]/.test(description.slice(0, 4096))) return undefined;
  if (description.length > textLimit) throw new Error('its OME-XML is longer than 64 MiB');
  const ome = child(parseXml(description), 'OME');
  const images = children(ome, 'Image');
  const pixels = child(images[0], 'Pixels');
  if (ome === undefined || pixels === undefined)
    throw new Error('its OME-XML describes no image in this file');
  const sizes = { z: count(pixels, 'SizeZ'), c: count(pixels, 'SizeC'), t: count(pixels, 'SizeT') };
  return {
    sizes,
    voxel: readVoxel(pixels),
    notes: readNotes(ome),
    imageCount: images.length,
    pages: readPageMap(pixels, sizes, attribute(ome, 'UUID')),
  };
}

function parseXml(description: string): unknown {
  // On first use: most collections hold no OME-XML.
  const { XMLParser }: typeof FastXmlParser = require('fast-xml-parser');
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseAttributeValue: false,
    parseTagValue: false,
    // Entities are decoded by us, only the predefined ones: no document can define its own.
    processEntities: false,
    isArray: (name) => ['Image', 'TiffData', 'Channel', 'M', 'MapAnnotation'].includes(name),
  });
  return parser.parse(description);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function child(node: unknown, name: string): Node | undefined {
  const found = isNode(node) ? node[name] : undefined;
  return isNode(found) ? found : undefined;
}

function children(node: unknown, name: string): readonly Node[] {
  const found = isNode(node) ? node[name] : undefined;
  return Array.isArray(found) ? found.filter(isNode) : [];
}

function attribute(node: Node | undefined, name: string): string | undefined {
  const found = node?.[`@${name}`];
  return typeof found === 'string' ? decodeXml(found) : undefined;
}

function count(node: Node, name: string, otherwise?: number): number {
  const text = attribute(node, name) ?? (otherwise === undefined ? '' : String(otherwise));
  if (!/^\d{1,9}$/.test(text)) throw new Error(`its OME-XML has no usable ${name}`);
  return Number(text);
}

function readVoxel(pixels: Node): Partial<VoxelSize> {
  const size = (axis: string) =>
    toMicrometres(
      Number(attribute(pixels, `PhysicalSize${axis}`) ?? Number.NaN),
      attribute(pixels, `PhysicalSize${axis}Unit`) ?? 'µm',
    );
  const [x, y, z] = [size('X'), size('Y'), size('Z')];
  return { ...(x !== undefined && { x }), ...(y !== undefined && { y }), ...(z !== undefined && { z }) };
}

function readNotes(ome: Node): Record<string, string> {
  const maps = children(child(ome, 'StructuredAnnotations'), 'MapAnnotation');
  const pairs = maps.flatMap((map) => children(child(map, 'Value'), 'M'));
  return Object.fromEntries(
    pairs.map((pair) => [attribute(pair, 'K') ?? '', decodeXml(String(pair['#text'] ?? ''))]),
  );
}

/**
 * Where the planes are: `TiffData` elements say from which page on how many planes follow in the dimension order,
 * starting at First Z/C/T; without any, the pages simply follow that order.
 */
function readPageMap(pixels: Node, sizes: PlaneSizes, ownId: string | undefined): OmePages {
  const total = planeCount(sizes);
  if (total < 1 || total > 10_000_000) throw new Error(`its OME-XML claims ${total} planes`);
  const rank = planeRank(attribute(pixels, 'DimensionOrder') ?? 'XYCZT', sizes);
  const blocks = children(pixels, 'TiffData');
  if (blocks.every((block) => Object.keys(block).length === 0))
    return { planes: total, last: total - 1, elsewhere: false, pageOf: rank };
  const own = blocks.filter((block) => isOwn(block, ownId));
  const pages = placePlanes(own, rank, total);
  const last = [...pages.values()].reduce((most, page) => Math.max(most, page), -1);
  const elsewhere = own.length < blocks.length;
  return { planes: pages.size, last, elsewhere, pageOf: (at) => pages.get(rank(at)) };
}

/** A block with the identifier of another file describes planes of that file. */
function isOwn(block: Node, ownId: string | undefined): boolean {
  const id = child(block, 'UUID')?.['#text'] ?? block.UUID;
  return ownId === undefined || typeof id !== 'string' || id.trim() === ownId;
}

function placePlanes(
  blocks: readonly Node[],
  rank: (at: PlanePosition) => number,
  total: number,
): ReadonlyMap<number, number> {
  const pages = new Map<number, number>();
  let placed = 0;
  for (const block of blocks) {
    const [z, c, t] = [count(block, 'FirstZ', 0), count(block, 'FirstC', 0), count(block, 'FirstT', 0)];
    const first = rank({ z, c, t });
    const page = count(block, 'IFD', 0);
    // The schema: without IFD all planes follow; with IFD but no PlaneCount it is one plane.
    const planes = count(block, 'PlaneCount', attribute(block, 'IFD') === undefined ? total : 1);
    for (let i = 0; i < planes && first + i < total; i++) {
      placed += 1;
      if (placed > 2 * total) throw new Error('its OME-XML places the same planes again and again');
      pages.set(first + i, page + i);
    }
  }
  return pages;
}

/** The place of a plane in a dimension order such as XYZCT, where the first axis after XY runs fastest. */
function planeRank(order: string, sizes: PlaneSizes): (at: PlanePosition) => number {
  const [fast, middle, slow] = [...order.slice(2)].map((letter) => axes[letter]);
  if (!fast || !middle || !slow || new Set([fast, middle, slow]).size !== 3)
    throw new Error(`its OME-XML has the unknown DimensionOrder ${order}`);
  return (at) => at[fast] + sizes[fast] * (at[middle] + sizes[middle] * at[slow]);
}

const omeTypes: Readonly<Record<PixelType, string>> = { uint8: 'uint8', uint16: 'uint16', float32: 'float' };

/** A minimal valid OME-XML for a file whose pages follow the order channel, z, time. Plain ASCII. */
export function renderOme(
  image: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly sizes: PlaneSizes;
    readonly pixelType: PixelType;
  },
  voxel: Partial<VoxelSize>,
  notes: Readonly<Record<string, string>>,
): string {
  const { sizes } = image;
  const physical = (['x', 'y', 'z'] as const)
    .filter((axis) => voxel[axis] !== undefined)
    .map((axis) => ` PhysicalSize${axis.toUpperCase()}="${voxel[axis]}"`);
  const channels = Array.from(
    { length: sizes.c },
    (_, c) => `<Channel ID="Channel:0:${c}" SamplesPerPixel="1"/>`,
  );
  const pairs = Object.entries(notes).map(
    ([key, value]) => `<M K="${encodeXml(key)}">${encodeXml(value)}</M>`,
  );
  const reference = pairs.length > 0 ? '<AnnotationRef ID="Annotation:0"/>' : '';
  const annotations =
    pairs.length > 0
      ? `<StructuredAnnotations><MapAnnotation ID="Annotation:0"><Value>${pairs.join('')}</Value></MapAnnotation></StructuredAnnotations>`
      : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">',
    `<Image ID="Image:0" Name="${encodeXml(image.name)}">`,
    `<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="${omeTypes[image.pixelType]}" BigEndian="false"`,
    ` SizeX="${image.width}" SizeY="${image.height}" SizeZ="${sizes.z}" SizeC="${sizes.c}" SizeT="${sizes.t}"`,
    `${physical.join('')}>`,
    `${channels.join('')}<TiffData IFD="0" PlaneCount="${planeCount(sizes)}"/></Pixels>${reference}</Image>`,
    `${annotations}</OME>`,
  ].join('');
}

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return predefined[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** XML 1.0 has no way to write most control characters; they become the replacement character. */
function encodeXml(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || (code >= 0xd800 && code < 0xe000))
        return '&#xFFFD;';
      return code < 32 || code > 126 || '&<>"\''.includes(character) ? `&#x${code.toString(16)};` : character;
    })
    .join('');
}
