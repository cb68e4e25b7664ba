import { describe, expect, it } from 'vitest'
import { StateCorruptedError, StateFormatError, StateLockedError, StateWriteError } from '../../state/index.ts'
import {
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  RebalanceInProgressError,
  RetriableBrokerError,
  StaleGenerationError,
  UnknownMemberError,
  UnknownTopicError,
} from '../broker/index.ts'
import {
  FatalStreamsError,
  NotAvailableError,
  RecordError,
  RetriableError,
  TaskCorruptedError,
  TaskFailedError,
  TaskMigratedError,
} from '../errors.ts'
import { faultOf, type Fault } from './fault.ts'

const because = (cause: unknown): TaskMigratedError => new TaskMigratedError('opened again', { cause })
const ofRecord = new RecordError({ stage: 'read', task: '0_0', operator: undefined, origin: undefined, key: null, cause: new Error('x') })

const TABLE: readonly (readonly [unknown, Fault])[] = [
  [ofRecord, 'record'],
  [because(ofRecord), 'record'],
  [new TaskMigratedError('moved'), 'migration'],
  [new FencedError('x'), 'migration'],
  [new StaleGenerationError('x'), 'migration'],
  [new UnknownMemberError('x'), 'migration'],
  [new RebalanceInProgressError('x'), 'migration'],
  [because(new FencedError('x')), 'migration'],
  [because(because(new TaskMigratedError('x'))), 'migration'],
  [new RetriableError('x', { ready: Promise.resolve() }), 'world'],
  [new RetriableBrokerError('x'), 'world'],
  [new OutcomeUnknownError('x'), 'world'],
  [new UnknownTopicError('x'), 'world'],
  [because(new RetriableBrokerError('x')), 'world'],
  [because(because(new OutcomeUnknownError('x'))), 'world'],
  [new FatalStreamsError('x'), 'application'],
  [new FatalBrokerError('x'), 'application'],
  [new OffsetOutOfRangeError('x'), 'application'],
  [because(new FatalBrokerError('x')), 'application'],
  [because(new OffsetOutOfRangeError('x')), 'application'],
  [new StateLockedError('x'), 'application'],
  [new StateFormatError('x'), 'application'],
  [new TaskFailedError('x'), 'task'],
  [new TaskCorruptedError('x', { reason: 'damaged-rows' }), 'task'],
  [new StateCorruptedError('x'), 'task'],
  [new StateWriteError('x'), 'task'],
  [new NotAvailableError('x'), 'task'],
  [because(new StateWriteError('x')), 'task'],
  [because(new TypeError('x')), 'task'],
  [new TypeError('x'), 'task'],
  [new RangeError('x'), 'task'],
  [new Error('x'), 'task'],
  ['thrown text', 'task'],
  [because('thrown text'), 'task'],
  [undefined, 'task'],
  [null, 'task'],
  [{ code: 'BROKER_FATAL' }, 'task'],
]

const nameOf = (error: unknown): string =>
  error instanceof TaskMigratedError && error.cause !== undefined
    ? `TaskMigratedError because of ${nameOf(error.cause)}`
    : error instanceof Error
      ? error.constructor.name
      : String(error)

describe('20.A1 The fault of an error', () => {
  it.each(TABLE.map(([error, fault]) => [nameOf(error), fault, error] as const))('%s: %s', (_, fault, error) => {
    expect(faultOf(error)).toBe(fault)
  })
})
