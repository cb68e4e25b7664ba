/** Errors of the state layer, named after the reaction they need. */
export abstract class StateError extends Error {
  abstract readonly code: string
}

/** What is on disk cannot be trusted: wipe it and restore from the changelog (or refuse to start, with advice). */
export class StateCorruptedError extends StateError {
  readonly code = 'STATE_CORRUPTED'
}

/** What is on disk was written by another version. Nothing was changed. */
export class StateFormatError extends StateError {
  readonly code = 'STATE_FORMAT'
}

/** Another process holds the directory. */
export class StateLockedError extends StateError {
  readonly code = 'STATE_LOCKED'
}

/** The storage did not take a write: it has to be opened again before it is known what is on disk. */
export class StateWriteError extends StateError {
  readonly code = 'STATE_WRITE_FAILED'
}
