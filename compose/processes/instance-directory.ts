import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openLevelStorage, StateLockedError, type OrderedStorage } from '../../state/index.ts'

export interface InstanceDirectoryOptions {
  /** Below it each instance has its own. */
  readonly parent: string
  /** Undefined: the first `<machine>-<number>` that nobody uses. */
  readonly instance: string | undefined
  readonly machine: string
}

const LOCK = 'lock'
const WAIT_MS = 100
const MOST_WAITS = 20

/** Where one instance keeps its state. As long as it is open no other process gets it, and it is free as soon as the process is gone. */
export class InstanceDirectory {
  readonly instanceId: string
  readonly tasks: string
  /** Says at which port the instance answered last. */
  readonly portFile: string
  /** Whether the instance has lived here before. */
  readonly isUsed: boolean
  readonly #lock: OrderedStorage

  private constructor(instanceId: string, directory: string, isUsed: boolean, lock: OrderedStorage) {
    this.instanceId = instanceId
    this.tasks = join(directory, 'tasks')
    this.portFile = join(directory, 'port')
    this.isUsed = isUsed
    this.#lock = lock
  }

  /** Throws `StateLockedError` when an instance of that name runs on this machine. */
  static async open({ parent, instance, machine }: InstanceDirectoryOptions): Promise<InstanceDirectory> {
    if (instance !== undefined) return InstanceDirectory.#patientlyLocked(parent, instance)
    for (let number = 1; ; number++) {
      try {
        return await InstanceDirectory.#locked(parent, `${machine}-${number}`)
      } catch (error) {
        if (!(error instanceof StateLockedError)) throw error
      }
    }
  }

  /** Whoever was killed a moment ago may not be quite gone. */
  static async #patientlyLocked(parent: string, instanceId: string): Promise<InstanceDirectory> {
    for (let waits = 0; ; waits++) {
      try {
        return await InstanceDirectory.#locked(parent, instanceId)
      } catch (error) {
        if (!(error instanceof StateLockedError) || waits === MOST_WAITS) throw error
        await setTimeout(WAIT_MS)
      }
    }
  }

  static async #locked(parent: string, instanceId: string): Promise<InstanceDirectory> {
    const directory = join(parent, instanceId)
    const isUsed = existsSync(join(directory, LOCK))
    return new InstanceDirectory(instanceId, directory, isUsed, await openLevelStorage({ directory: join(directory, LOCK) }))
  }

  async close(): Promise<void> {
    await this.#lock.close()
  }
}
