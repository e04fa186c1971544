/** The command was given wrongly; nothing was read or written. Exit code 2. */
export class UsageError extends Error {}

/** The work could not be done on these files. The message names the file and what to do. Exit code 1. */
export class ImagingError extends Error {}
