import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegistryStorage } from '../../schemas/index.ts'
import { openLevelStorage, StateLockedError } from '../../state/index.ts'

/** The directory cannot be used as it is; the message says what to do. Nothing in it was changed. */
export class DataDirectoryError extends Error {}

const MARK = 'BOB'
const FORMAT = 'bob-data 1\n'
const BROKER = 'broker'
const INSTANCES = 'instances'
const REGISTRY = 'registry.json'

/** Everything a bank in one process keeps: its broker's log, its instances' state, its schemas. */
export class DataDirectory {
  readonly path: string
  /** Whether a bank has lived here before. */
  readonly isUsed: boolean

  private constructor(path: string, isUsed: boolean) {
    this.path = path
    this.isUsed = isUsed
  }

  /** Makes the directory where there is none. Throws `DataDirectoryError` for one that holds something else. */
  static async open(path: string): Promise<DataDirectory> {
    const isUsed = await holdsBank(path)
    if (isUsed) await assertWhole(path)
    else await changing(path, () => begin(path))
    return new DataDirectory(path, isUsed)
  }

  get broker(): string {
    return join(this.path, BROKER)
  }

  /** The state of one instance. */
  instance(id: string): string {
    return join(this.path, INSTANCES, id)
  }

  get registry(): RegistryStorage {
    const file = join(this.path, REGISTRY)
    return {
      load: async () => {
        const text = existsSync(file) ? await readFile(file, 'utf8') : undefined
        if (text !== undefined && !isList(text))
          throw new DataDirectoryError(`${file} is damaged: put a copy of the data directory back, or reset it to start empty.`)
        return text
      },
      save: async (text) => {
        await writeFile(`${file}.new`, text, { flush: true })
        await rename(`${file}.new`, file)
      },
    }
  }

  /** Throws `DataDirectoryError` when it holds something else. */
  static holdsBank(path: string): Promise<boolean> {
    return holdsBank(path)
  }

  /** Deletes what a bank left there, and nothing else. False: there was none. Throws `DataDirectoryError` while one is running. */
  static async reset(path: string): Promise<boolean> {
    if (!(await holdsBank(path))) return false
    await assertUnlocked(join(path, BROKER))
    await changing(path, async () => {
      for (const name of [BROKER, INSTANCES, REGISTRY, `${REGISTRY}.new`, MARK])
        await rm(join(path, name), { recursive: true, force: true })
    })
    return true
  }
}

async function begin(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await writeFile(join(path, MARK), FORMAT)
}

async function changing(path: string, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw explained(path, error)
  }
}

async function holdsBank(path: string): Promise<boolean> {
  const entries = await entriesOf(path)
  if (entries.length === 0) return false
  if (!entries.includes(MARK))
    throw new DataDirectoryError(`${path} holds something else than a bank: choose another directory with --data.`)
  return true
}

/** Instances come when broker and registry are complete, so where they are the others have to be. */
async function assertWhole(path: string): Promise<void> {
  const format = await readFile(join(path, MARK), 'utf8')
  if (format !== FORMAT)
    throw new DataDirectoryError(
      `${path} was written by another version of Bob ("${format.trim()}", not "${FORMAT.trim()}"): use that one, or "npm run reset".`,
    )
  if (!existsSync(join(path, INSTANCES))) return
  const lost = [BROKER, REGISTRY].filter((name) => !existsSync(join(path, name)))
  if (lost.length > 0)
    throw new DataDirectoryError(`${path} has lost ${lost.join(' and ')}: put a copy of it back, or reset it to start empty.`)
}

function isList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new DataDirectoryError(`${path} is a file: choose a directory with --data.`)
    throw explained(path, error)
  }
}

async function assertUnlocked(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  try {
    await (await openLevelStorage({ directory })).close()
  } catch (error) {
    if (error instanceof StateLockedError) throw new DataDirectoryError(`A bank is running on ${directory}: stop it first.`)
  }
}

/** The file system does not allow it. */
function explained(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const advice = 'look at its rights and at the disk, or choose another with --data'
  return new DataDirectoryError(`${path} cannot be used (${code}): ${advice}.`, { cause: error })
}

/** What the system calls it. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
