import { describe, expect, it } from 'vitest'
import { StateCorruptedError, StateLockedError, StateUnavailableError } from '../errors.ts'
import { stateErrorOf } from './level-errors.ts'

const withCode = (code: string | undefined, message: string): Error => Object.assign(new Error(message), code === undefined ? {} : { code })

describe('21.2 An error that passes is not taken for damage:', () => {
  it.each([
    'ENOSPC',
    'EDQUOT',
    'EMFILE',
    'ENFILE',
    'EACCES',
    'EPERM',
    'EROFS',
    'ENOMEM',
    'EAGAIN',
    'EBUSY',
    'EINTR',
    'ETIMEDOUT',
    'ESTALE',
    'EIO',
  ])('%s of the file system', (code) => {
    const error = stateErrorOf('/data', withCode(code, `${code}: open '/data/CURRENT'`))
    expect(error).toBeInstanceOf(StateUnavailableError)
    expect(String(error)).toMatch(new RegExp(`/data cannot be used at the moment \\(${code}\\)\\. `))
    expect(String(error)).not.toMatch(/reset|damaged/)
  })

  it.each([
    ['LEVEL_IO_ERROR', 'IO error: /data/000005.ldb: Too many open files'],
    ['LEVEL_IO_ERROR', 'IO error: /data/000007.log: No space left on device'],
    ['LEVEL_IO_ERROR', 'IO error: /data/CURRENT: Permission denied'],
    [undefined, 'IO error: /data/000005.ldb: Too many open files'],
    [undefined, 'IO error: /data/000005.ldb: Input/output error'],
  ])('LevelDB says %s: %s', (code, message) => {
    const error = stateErrorOf('/data', withCode(code, message))
    expect(error).toBeInstanceOf(StateUnavailableError)
    const opening = new Error('Database failed to open', { cause: withCode(code, message) })
    expect(stateErrorOf('/data', opening)).toBeInstanceOf(StateUnavailableError)
  })

  it('damage is still damage, a lock is a lock, and what is known stays as it is', () => {
    expect(stateErrorOf('/data', withCode('LEVEL_CORRUPTION', 'Corruption: bad block'))).toBeInstanceOf(StateCorruptedError)
    expect(stateErrorOf('/data', withCode('LEVEL_LOCKED', 'IO error: lock /data/LOCK'))).toBeInstanceOf(StateLockedError)
    const known = new StateCorruptedError('a file is damaged')
    expect(stateErrorOf('/data', known)).toBe(known)
    const missing = withCode('LEVEL_IO_ERROR', 'IO error: /data/000005.ldb: No such file or directory')
    expect(stateErrorOf('/data', missing)).toBe(missing)
    const other = new TypeError('not of the disk: Too many open files are fine')
    expect(stateErrorOf('/data', other)).toBe(other)
  })
})
