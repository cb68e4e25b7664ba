/** Errors of the state layer: one class per reaction that the caller needs. */
export abstract class StateError extends Error {
  abstract readonly code: string
}

/** The data on disk cannot be trusted: wipe it and restore from the changelog, or refuse to start if there is no changelog. */
export class StateCorruptedError extends StateError {
  readonly code = 'STATE_CORRUPTED'
}

/** Another version wrote the data on disk. Nothing was changed. */
export class StateFormatError extends StateError {
  readonly code = 'STATE_FORMAT'
}

/** Another process has the directory open. */
export class StateLockedError extends StateError {
  readonly code = 'STATE_LOCKED'
}

/** The data cannot be read or written now, for a reason outside it: descriptors, space, rights, a device. It is not damaged; wait and try again. */
export class StateUnavailableError extends StateError {
  readonly code = 'STATE_UNAVAILABLE'
}

/** A write failed. Open the storage again, because until then it is unknown what is on disk (DECISIONS 36). */
export class StateWriteError extends StateError {
  readonly code = 'STATE_WRITE_FAILED'
}
