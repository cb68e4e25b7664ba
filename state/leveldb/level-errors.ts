import { StateCorruptedError, StateError, StateLockedError, StateUnavailableError } from '../errors.ts'

interface PassingCause {
  readonly code: string
  /** How LevelDB, which keeps no codes, spells it: the text of `strerror`. */
  readonly text: string
  readonly advice: string
}

/** What an operator or time can mend without a change to the data. */
const PASSING: readonly PassingCause[] = [
  { code: 'ENOSPC', text: 'No space left on device', advice: 'Free disk space.' },
  { code: 'EDQUOT', text: 'Disk quota exceeded', advice: 'Free disk space or raise the quota.' },
  { code: 'EMFILE', text: 'Too many open files', advice: 'Raise the limit of open files (ulimit -n).' },
  { code: 'ENFILE', text: 'Too many open files in system', advice: "Raise the system's limit of open files." },
  { code: 'EACCES', text: 'Permission denied', advice: 'Give the process the right to read and write it.' },
  { code: 'EPERM', text: 'Operation not permitted', advice: 'Give the process the right to read and write it.' },
  { code: 'EROFS', text: 'Read-only file system', advice: 'Mount it writable.' },
  { code: 'ENOMEM', text: 'Cannot allocate memory', advice: 'Give the process more memory.' },
  { code: 'EAGAIN', text: 'Resource temporarily unavailable', advice: 'Try again.' },
  { code: 'EBUSY', text: 'Device or resource busy', advice: 'Try again.' },
  { code: 'EINTR', text: 'Interrupted system call', advice: 'Try again.' },
  { code: 'ETIMEDOUT', text: 'Connection timed out', advice: 'Check the network volume.' },
  { code: 'ESTALE', text: 'Stale file handle', advice: 'Mount the network volume again.' },
  { code: 'EIO', text: 'Input/output error', advice: "Check the disk with the system's log." },
]

/**
 * The one place that decides what an error of the file system or of LevelDB says about the data: it passes (`StateUnavailableError`), another process
 * has the directory (`StateLockedError`), or the data is damaged (`StateCorruptedError`). Any other error is returned as it is.
 */
export function stateErrorOf(directory: string, error: unknown): unknown {
  if (error instanceof StateError) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return error
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'LEVEL_LOCKED')
    return new StateLockedError(`Another process is using ${directory}: stop it, or choose another data directory.`, { cause: error })
  const passing = PASSING.find((known) => code === known.code || (isOfLevel(code) && cause.message.endsWith(known.text)))
  if (passing !== undefined)
    return new StateUnavailableError(`${directory} cannot be used at the moment (${passing.code}). ${passing.advice}`, { cause: error })
  if (code === 'LEVEL_CORRUPTION') return new StateCorruptedError(`The LevelDB ${directory} is damaged: ${cause.message}`, { cause: error })
  return error
}

/** `getSync` gives its errors no code, other calls one of LevelDB's. */
function isOfLevel(code: unknown): boolean {
  return code === undefined || code === null || String(code).startsWith('LEVEL_')
}
