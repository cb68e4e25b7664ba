import { StateCorruptedError, StateUnavailableError, StateWriteError, type openTaskState } from '../../../state/index.ts'
import { RetriableError, TaskCorruptedError, TaskFailedError, TaskMigratedError } from '../../errors.ts'
import { override } from '../override.ts'
import type { SeededRandom } from './seeded-random.ts'

/** An error of each class that a store or what it stands on may throw, and that is not the fault of a record. */
const TROUBLES: readonly (() => Error)[] = [
  () => new RetriableError('A simulated resource is not ready.', { ready: Promise.resolve() }),
  () => new StateCorruptedError('A simulated row does not match its checksum.'),
  () => new StateWriteError('A simulated disk rejects a write.'),
  () => new StateUnavailableError('A simulated disk cannot be read at the moment.'),
  () => new TaskCorruptedError('A simulated store cannot be trusted.', { reason: 'damaged-rows' }),
  () => new TaskFailedError('A simulated task failed.'),
  () => new TaskMigratedError('A simulated task has moved.'),
]

/** Stores that throw at some reads and writes, as the seed says. */
export function troubledState(open: typeof openTaskState, isTroubled: () => boolean, random: SeededRandom): typeof openTaskState {
  const trouble = (): void => {
    if (isTroubled()) throw random.pick(TROUBLES)()
  }
  return async (options) => {
    const state = await open(options)
    return override(state, {
      store: (name) => {
        const store = state.store(name)
        if (store.kind !== 'keyValue') return store
        return override(store, {
          get: (key) => {
            trouble()
            return store.get(key)
          },
          put: (...row) => {
            trouble()
            return store.put(...row)
          },
        })
      },
    })
  }
}
