import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openLevelStorage, StateLockedError, type OrderedStorage } from '../../state/index.ts'
import { OWNER_ONLY } from '../private-files.ts'

export interface InstanceDirectoryOptions {
  /** Holds one directory per instance. */
  readonly parent: string
  /** Instance id. Undefined: the first free `<machine>-<number>`. */
  readonly instance: string | undefined
  readonly machine: string
}

const LOCK = 'lock'
const RETRY_MS = 100
const MAX_RETRIES = 20

/** The local state of one instance. While it is open no other process can open it; the lock is free as soon as the process has exited. */
export class InstanceDirectory {
  readonly instanceId: string
  readonly tasks: string
  /** Records the port that the instance listened on last. */
  readonly portFile: string
  /** Whether the directory existed before. */
  readonly isUsed: boolean
  readonly #lock: OrderedStorage

  private constructor(instanceId: string, directory: string, isUsed: boolean, lock: OrderedStorage) {
    this.instanceId = instanceId
    this.tasks = join(directory, 'tasks')
    this.portFile = join(directory, 'port')
    this.isUsed = isUsed
    this.#lock = lock
  }

  /** Throws `StateLockedError` when another process holds the directory of that instance. */
  static async open({ parent, instance, machine }: InstanceDirectoryOptions): Promise<InstanceDirectory> {
    if (instance !== undefined) return InstanceDirectory.#lockWithRetries(parent, instance)
    for (let number = 1; ; number++) {
      try {
        return await InstanceDirectory.#lockDirectory(parent, `${machine}-${number}`)
      } catch (error) {
        if (!(error instanceof StateLockedError)) throw error
      }
    }
  }

  /** Retries, because the lock of a process that was just killed may outlive the kill for a moment. */
  static async #lockWithRetries(parent: string, instanceId: string): Promise<InstanceDirectory> {
    for (let retries = 0; ; retries++) {
      try {
        return await InstanceDirectory.#lockDirectory(parent, instanceId)
      } catch (error) {
        if (!(error instanceof StateLockedError) || retries === MAX_RETRIES) throw error
        await setTimeout(RETRY_MS)
      }
    }
  }

  static async #lockDirectory(parent: string, instanceId: string): Promise<InstanceDirectory> {
    const directory = join(parent, instanceId)
    const isUsed = existsSync(join(directory, LOCK))
    const lock = await openLevelStorage({ directory: join(directory, LOCK) })
    await chmod(directory, OWNER_ONLY)
    return new InstanceDirectory(instanceId, directory, isUsed, lock)
  }

  async close(): Promise<void> {
    await this.#lock.close()
  }
}
