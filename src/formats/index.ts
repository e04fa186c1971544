/**
 * Readers and writers of microscope files: bytes in, plain data out. This room knows formats (TIFF, ImageJ, OME,
 * PNG, the settings files and names of Janelia's microscopes) and nothing of workflows, collections or runs; it
 * imports no other room, and guesses nothing: what a file does not record is absent.
 */

export { type FileBytes, openBytes, windowed } from './file-bytes.ts';
export { FormatError, shownPath } from './format-error.ts';
export { type JaneliaName, parseJaneliaName } from './janelia-name.ts';
export { openTiff, openTiffBytes, type TiffImage } from './open-tiff.ts';
export type {
  PixelType,
  PlaneData,
  PlanePosition,
  VoxelSize,
} from './pixels.ts';
export { encodePng } from './png.ts';
export { type AcquisitionSettings, parseSettingsText } from './settings-text.ts';
export { type TiffHeader, writeTiff } from './write-tiff.ts';
